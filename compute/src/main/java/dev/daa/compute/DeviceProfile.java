package dev.daa.compute;

import java.util.List;

/// What a device did since a backend was asked to keep account of it.
///
/// @param kernels by name, those that took longest first
/// @param bytesToDevice bytes that were sent
/// @param bytesToHost bytes that were fetched
public record DeviceProfile(List<Kernel> kernels, long bytesToDevice, long bytesToHost) {
    /// One kernel, or one kind of task of a library.
    ///
    /// @param launches how often it ran
    /// @param seconds how long it took on the device, all launches together
    public record Kernel(String name, long launches, double seconds) {}
}
