/// Bradley–Terry reward models: training, centring, a head for what length explains, accuracy and calibration.
@NullMarked
package dev.daa.train.reward;

import org.jspecify.annotations.NullMarked;
