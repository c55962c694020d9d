/// From a list of kernels to task graphs of TornadoVM, and what is sent to the device and fetched from it.
@NullMarked
package dev.daa.tornado.plan;

import org.jspecify.annotations.NullMarked;
