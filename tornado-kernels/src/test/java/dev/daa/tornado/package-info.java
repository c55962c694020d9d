@org.jspecify.annotations.NullMarked
package dev.daa.tornado;
