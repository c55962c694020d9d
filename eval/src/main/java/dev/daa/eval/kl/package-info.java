/// Estimates of the KL divergence between policy and reference, each under its estimator's name, with its standard
/// error.
@NullMarked
package dev.daa.eval.kl;

import org.jspecify.annotations.NullMarked;
