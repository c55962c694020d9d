/// Bradley–Terry reward models: training, centring, accuracy and calibration.
@NullMarked
package dev.daa.train.reward;

import org.jspecify.annotations.NullMarked;
