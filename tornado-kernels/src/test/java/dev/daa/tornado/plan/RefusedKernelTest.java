package dev.daa.tornado.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RefusedKernelTest {
    /// As TornadoVM 5.2.0 writes it.
    @Test
    void theKernelIsNamedWithoutTheStack() {
        String message =
                "\u001B[31mBailout is disabled. \nReason: \u001B[31mUnable to compile task state.t0_touchInts -"
                        + " touchInts\nThe internal error is: Error\nStacktrace: [a.b.C.d(C.java:613), e.f]";
        assertThat(RefusedKernel.described(message))
                .isEqualTo("kernel touchInts (task state.t0_touchInts) does not compile");
    }

    @Test
    void anotherMessageLosesAllButItsFirstLine() {
        assertThat(RefusedKernel.described("no memory \nat a.b.C")).isEqualTo("a kernel does not compile (no memory)");
    }
}
