package dev.daa.bench.violating.compute;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

final class ShortVector {
    VectorSpecies<Float> species = FloatVector.SPECIES_128;
}
