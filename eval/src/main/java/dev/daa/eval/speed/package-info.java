/// Speed of training and generation on this machine: fixed workloads, and what a series of timed steps says.
@org.jspecify.annotations.NullMarked
package dev.daa.eval.speed;
