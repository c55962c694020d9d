/// The command line: one class per command, the live progress display, and the only room that prints.
@org.jspecify.annotations.NullMarked
package dev.daa.cli;
