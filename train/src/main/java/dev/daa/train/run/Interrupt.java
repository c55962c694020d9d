package dev.daa.train.run;

import java.util.concurrent.CountDownLatch;

/// The wish to stop: set by Ctrl-C or SIGTERM, asked by trainers after every step and by generation after every token.
///
/// The JVM answers both signals by running its shutdown hooks while the other threads go on. The hook set up here
/// raises the wish, waits until the command has saved its checkpoint, said how it ended and closed this object, and
/// ends the process with the command's exit code.
public final class Interrupt implements AutoCloseable {
    /// Exit code of an interrupted command, as shells count it (128 + SIGINT).
    public static final int EXIT_CODE = 130;

    private final CountDownLatch saved = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stopAfterSaving, "interrupt");
    private volatile boolean requested;
    private volatile int exitCode = 1;

    /// A wish that only [#request] raises.
    public Interrupt() {}

    /// A wish that Ctrl-C and SIGTERM raise; close it when the command has ended, saved or not.
    public static Interrupt onSignals() {
        Interrupt interrupt = new Interrupt();
        Runtime.getRuntime().addShutdownHook(interrupt.hook);
        return interrupt;
    }

    /// Asks the run to stop at its next safe point.
    public void request() {
        requested = true;
    }

    public boolean requested() {
        return requested;
    }

    /// Sets how the process ends if a signal came: [#EXIT_CODE] or what else the command came to. A failure unless
    /// set.
    public void exitCode(int code) {
        exitCode = code;
    }

    private void stopAfterSaving() {
        request();
        try {
            saved.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(exitCode);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The JVM is already going down: the hook waits for the latch below.
        }
        saved.countDown();
    }
}
