/// The op graph as TornadoVM task graphs: the one room that names TornadoVM.
@org.jspecify.annotations.NullMarked
package dev.daa.tornado;
