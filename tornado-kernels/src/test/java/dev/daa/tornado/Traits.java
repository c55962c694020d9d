package dev.daa.tornado;

import dev.daa.compute.MatmulPrecision;
import dev.daa.tornado.lowering.Buckets;
import dev.daa.tornado.lowering.DeviceTraits;

/// Devices that tests think of.
public final class Traits {
    private static final int LARGEST_GROUP = 1024;

    private Traits() {}

    /// A device whose steps follow the batch.
    public static DeviceTraits of(boolean gpu) {
        return new DeviceTraits(false, false, gpu, MatmulPrecision.FP32, LARGEST_GROUP, Buckets.LEAST_OPERATIONS);
    }

    /// A device whose steps compute all rows of a bucket, by kernels of our own.
    ///
    /// @param bucketedFrom operations of a step from which on there is more than one
    public static DeviceTraits fixedRows(long bucketedFrom) {
        return new DeviceTraits(false, true, false, MatmulPrecision.FP32, LARGEST_GROUP, bucketedFrom);
    }

    /// CUDA with buckets for every step.
    public static DeviceTraits cuda(MatmulPrecision precision) {
        return new DeviceTraits(true, true, true, precision, LARGEST_GROUP, 0);
    }

    /// CUDA with buckets for no step.
    public static DeviceTraits cudaOfOneSize(MatmulPrecision precision) {
        return new DeviceTraits(true, true, true, precision, LARGEST_GROUP, Long.MAX_VALUE);
    }
}
