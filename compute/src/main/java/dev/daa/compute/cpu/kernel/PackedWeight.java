package dev.daa.compute.cpu.kernel;

import dev.daa.compute.Parameter;
import dev.daa.compute.cpu.parallel.Workers;
import dev.daa.compute.cpu.product.PackedMatrix;

/// A weight laid out for the matrix product, laid out again after the parameters have changed.
final class PackedWeight {
    private final Workers workers;
    private final CpuParameters parameters;
    private final Parameter weight;
    private final PackedMatrix packed;
    private int version = -1;

    PackedWeight(Workers workers, CpuParameters parameters, Parameter weight) {
        this.workers = workers;
        this.parameters = parameters;
        this.weight = weight;
        this.packed = new PackedMatrix(weight.columns(), weight.rows());
    }

    PackedMatrix current() {
        if (version != parameters.version()) {
            packed.packTransposed(workers, parameters.values(weight), weight.offset(), weight.columns());
            version = parameters.version();
        }
        return packed;
    }
}
