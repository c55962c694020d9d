package dev.daa.tornado.lowering;

import dev.daa.compute.MatmulPrecision;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.types.arrays.BFloat16Array;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/// Matrix products as cuBLAS library tasks of TornadoVM. The binding is called by name: an SDK that was built without
/// the CUDA backend does not have it.
final class Cublas {
    private static final String BINDING = "uk.ac.manchester.tornado.cublas.CuBlas";
    private static final int AS_STORED = 0;
    private static final int TRANSPOSED = 1;

    private Cublas() {}

    /// `C (+)= A·B` of matrices stored row by row, which column-major cuBLAS sees as `Cᵀ (+)= Bᵀ·Aᵀ`.
    ///
    /// @param precision of the arrays' values: [BFloat16Array] for [MatmulPrecision#BF16], else [FloatArray]
    /// @param aRow distance in `a` from one row of A to the next
    /// @param aInner distance in `a` from one inner index to the next; one of the two is 1
    /// @param bInner distance in `b` from one inner index to the next
    /// @param bColumn distance in `b` from one column of B to the next; one of the two is 1
    /// @param cRow distance in `c` from one row of C to the next
    static Launch product(
            String name,
            MatmulPrecision precision,
            TornadoNativeArray a,
            TornadoNativeArray b,
            TornadoNativeArray c,
            int m,
            int n,
            int k,
            int aRow,
            int aInner,
            int bInner,
            int bColumn,
            int cRow,
            boolean accumulate) {
        Object[] arguments = {
            bColumn == 1 ? AS_STORED : TRANSPOSED,
            aInner == 1 ? AS_STORED : TRANSPOSED,
            n,
            m,
            k,
            1f,
            b,
            leading(bColumn == 1 ? bInner : bColumn, bColumn == 1 ? n : k),
            a,
            leading(aInner == 1 ? aRow : aInner, aInner == 1 ? k : m),
            accumulate ? 1f : 0f,
            c,
            cRow
        };
        LibraryTaskDescriptor task = task(precision, arguments);
        return Launch.library(name, List.of(arguments), recorder(c, task));
    }

    /// cuBLAS refuses a leading dimension below the length of a stored column, even where there is one column only.
    private static int leading(int stride, int length) {
        return Math.max(stride, length);
    }

    /// The binding asks for a function of the array that the task writes.
    private static Launch.Recorder recorder(TornadoNativeArray c, LibraryTaskDescriptor task) {
        return switch (c) {
            case FloatArray floats -> (graph, id) -> graph.libraryTask(id, (FloatArray _) -> task, floats);
            case BFloat16Array rounded -> (graph, id) -> graph.libraryTask(id, (BFloat16Array _) -> task, rounded);
            default -> throw new IllegalArgumentException(c + " is no matrix of a product");
        };
    }

    private static LibraryTaskDescriptor task(MatmulPrecision precision, Object[] arguments) {
        String function = switch (precision) {
            case FP32 -> "cublasSgemm";
            case TF32 -> "cublasSgemmTF32";
            case BF16 -> "cublasGemmExBF16";
        };
        try {
            Method method = Arrays.stream(Class.forName(BINDING).getMethods())
                    .filter(candidate -> candidate.getName().equals(function))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(BINDING + " has no " + function));
            return (LibraryTaskDescriptor) method.invoke(null, arguments);
        } catch (ClassNotFoundException | IllegalAccessException | InvocationTargetException failure) {
            throw new IllegalStateException("TornadoVM's binding of cuBLAS cannot be used: " + failure, failure);
        }
    }
}
