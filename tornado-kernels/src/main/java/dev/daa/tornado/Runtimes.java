package dev.daa.tornado;

import dev.daa.compute.InputException;
import java.util.Locale;

/// Whether TornadoVM runs in this Java process, and with the settings without which its results cannot be trusted.
final class Runtimes {
    private static final String BAILOUT = "tornado.recover.bailout";
    private static final String BYTECODES = "tornado.tvm.maxbytecodesize";
    private static final String MEMORY = "tornado.device.memory";
    private static final String EVENTS = "tornado.max.events";
    private static final String HEADER = "tornado.panama.objectHeader";

    private Runtimes() {}

    /// TornadoVM reads its settings once, when it is first used: this must come before.
    static void requireRunning() {
        refuse(BAILOUT, "true");
        // By default a kernel that cannot be compiled would run on the host, and compute nonsense.
        System.setProperty(BAILOUT, "False");
        if (System.getProperty(BYTECODES) == null) {
            System.setProperty(BYTECODES, "1048576");
        }
        if (System.getProperty(EVENTS) == null) {
            // A list of 32,768 events for every dependency of a graph is cleared before each of its runs: milliseconds.
            System.setProperty(EVENTS, "256");
        }
        if (System.getProperty(HEADER) == null) {
            // What lies before the values of an array, in bytes: cuBLAS wants values at multiples of 256.
            System.setProperty(HEADER, "256");
        }
        if (System.getProperty(MEMORY) == null) {
            // The memory plan of each program is held against the device itself.
            System.setProperty(MEMORY, "1000000MB");
        }
        if (System.getProperty("tornado.load.runtime.implementation") == null) {
            throw new InputException(
                    "TornadoVM does not run in this Java process: start with ./daa and TORNADOVM_HOME set,"
                            + " or with java @$TORNADOVM_HOME/tornado-argfile -jar daa.jar …");
        }
    }

    private static void refuse(String property, String value) {
        String found = System.getProperty(property);
        if (found != null && found.toLowerCase(Locale.ROOT).equals(value)) {
            throw new InputException("-D" + property + "=" + found
                    + " lets kernels that cannot be compiled run on the host and compute nonsense: leave it out, or"
                    + " give False");
        }
    }
}
