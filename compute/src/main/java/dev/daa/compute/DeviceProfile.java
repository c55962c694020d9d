package dev.daa.compute;

import java.util.List;

/// What a device did since a backend was asked to keep account of it.
///
/// @param kernels by name, those that took longest first
/// @param passes by the rows that they computed, where these do not follow the batch
/// @param bytesToDevice bytes that were sent
/// @param bytesToHost bytes that were fetched
public record DeviceProfile(List<Kernel> kernels, List<Passes> passes, long bytesToDevice, long bytesToHost) {
    /// One kernel, or one kind of task of a library.
    ///
    /// @param launches how often it ran
    /// @param seconds how long it took on the device, all launches together
    public record Kernel(String name, long launches, double seconds) {}

    /// Forward passes of one size.
    ///
    /// @param computed rows that each computed
    /// @param count how often
    /// @param rows of their batches, all together
    public record Passes(int computed, long count, long rows) {}
}
