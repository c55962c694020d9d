/// What runs on the device: the kernels of each op in plain Java, and the tables of indices that they read.
@NullMarked
package dev.daa.tornado.kernel;

import org.jspecify.annotations.NullMarked;
