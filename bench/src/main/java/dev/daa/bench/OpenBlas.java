package dev.daa.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// `cblas_sgemm` of the OpenBLAS that is installed, as the baseline of [GemmBenchmark].
@SuppressWarnings("restricted") // native calls are what this class is for
final class OpenBlas {
    private static final int ROW_MAJOR = 101;
    private static final int PLAIN = 111;
    private static final int TRANSPOSED = 112;

    private final MethodHandle sgemm;
    private final String description;

    private OpenBlas(MethodHandle sgemm, String description) {
        this.sgemm = sgemm;
        this.description = description;
    }

    /// Loads the library, lets it use `threads` threads and, if asked, binds its second thread to core 1, where the
    /// benchmark's own second worker sits too. Empty when no library is found.
    static Optional<OpenBlas> load(int threads, boolean pin) {
        for (String name : new String[] {System.getProperty("daa.openblas", "libopenblas.so.0"), "libopenblas.so"}) {
            try {
                Set<String> before = threadIds();
                SymbolLookup library = SymbolLookup.libraryLookup(name, Arena.global());
                OpenBlas blas = bind(library, threads);
                MemorySegment small = Arena.global().allocate(JAVA_FLOAT, 512 * 512);
                blas.multiply(false, false, 512, 512, 512, small, 512, small, 512, small, 512, false);
                if (pin && threads > 1) {
                    Set<String> after = threadIds();
                    after.removeAll(before);
                    bindToCoreOne(after);
                }
                return Optional.of(blas);
            } catch (IllegalArgumentException missing) {
                // The next name may be there.
            }
        }
        return Optional.empty();
    }

    String description() {
        return description;
    }

    /// C (+)= op(A)·op(B), row-major.
    void multiply(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            MemorySegment a,
            int lda,
            MemorySegment b,
            int ldb,
            MemorySegment c,
            int ldc,
            boolean accumulate) {
        int formA = transposeA ? TRANSPOSED : PLAIN;
        int formB = transposeB ? TRANSPOSED : PLAIN;
        float beta = accumulate ? 1f : 0f;
        try {
            sgemm.invokeExact(ROW_MAJOR, formA, formB, m, n, k, 1f, a, lda, b, ldb, beta, c, ldc);
        } catch (Throwable thrown) {
            throw new IllegalStateException(thrown);
        }
    }

    private static OpenBlas bind(SymbolLookup library, int threads) {
        Linker linker = Linker.nativeLinker();
        MethodHandle sgemm = linker.downcallHandle(
                library.findOrThrow("cblas_sgemm"),
                FunctionDescriptor.ofVoid(
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_FLOAT,
                        ADDRESS,
                        JAVA_INT,
                        ADDRESS,
                        JAVA_INT,
                        JAVA_FLOAT,
                        ADDRESS,
                        JAVA_INT));
        MethodHandle setThreads = linker.downcallHandle(
                library.findOrThrow("openblas_set_num_threads"), FunctionDescriptor.ofVoid(JAVA_INT));
        MethodHandle config =
                linker.downcallHandle(library.findOrThrow("openblas_get_config"), FunctionDescriptor.of(ADDRESS));
        try {
            setThreads.invokeExact(threads);
            MemorySegment text = (MemorySegment) config.invokeExact();
            return new OpenBlas(sgemm, text.reinterpret(1024).getString(0));
        } catch (Throwable thrown) {
            throw new IllegalStateException(thrown);
        }
    }

    private static Set<String> threadIds() {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.map(path -> path.getFileName().toString()).collect(Collectors.toSet());
        } catch (IOException unavailable) {
            return Set.of();
        }
    }

    /// Binds those of the threads that the library started: they carry the name of the thread that loaded it.
    private static void bindToCoreOne(Set<String> threads) {
        try {
            String self = Files.readString(Path.of("/proc/thread-self/comm"));
            for (String thread : threads) {
                if (Files.readString(Path.of("/proc/self/task", thread, "comm")).equals(self)
                        && !Cores.bind(Integer.parseInt(thread), 1)) {
                    throw new IllegalStateException("cannot bind OpenBLAS thread " + thread);
                }
            }
        } catch (IOException unavailable) {
            throw new UncheckedIOException(unavailable);
        }
    }
}
