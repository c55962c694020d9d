/// From an op graph to a list of kernels: which kernel an op becomes, on which arrays and over which grid.
@NullMarked
package dev.daa.tornado.lowering;

import org.jspecify.annotations.NullMarked;
