/// The op graph as TornadoVM task graphs: the one room that names TornadoVM. Here a program is made and run; `kernel`
/// holds what runs on the device, `lowering` makes an op graph a list of kernels, `plan` makes that list task graphs.
@NullMarked
package dev.daa.tornado;

import org.jspecify.annotations.NullMarked;
