package dev.daa.tornado.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.exceptions.TornadoBailoutRuntimeException;

/// What to say when a device's compiler refuses a kernel: one line, instead of TornadoVM's message with the stack in
/// it.
final class RefusedKernel {
    private static final Pattern COLOUR = Pattern.compile("\u001B\\[[;\\d]*m");
    private static final Pattern TASK = Pattern.compile("Unable to compile task (\\S+) - (\\S+)");
    private static final Path MAPS = Path.of("/proc/self/maps");

    private RefusedKernel() {}

    static IllegalStateException on(TornadoDevice device, TornadoBailoutRuntimeException failure) {
        String where = device.getTornadoVMBackend() + ", "
                + device.getPhysicalDevice().getDeviceName().strip();
        return new IllegalStateException(
                described(String.valueOf(failure.getMessage())) + " on " + where
                        + ": the log above, if there is one, is that of the driver's compiler" + hint(),
                failure);
    }

    /// The kernel and its task in TornadoVM's message, or else the message's first line.
    static String described(String message) {
        String plain = COLOUR.matcher(message).replaceAll("");
        Matcher task = TASK.matcher(plain);
        return task.find()
                ? "kernel " + task.group(2) + " (task " + task.group(1) + ") does not compile"
                : "a kernel does not compile ("
                        + plain.lines().findFirst().orElse("no message").strip() + ")";
    }

    private static String hint() {
        try {
            boolean lacks = Files.isReadable(MAPS) && !Files.readString(MAPS).contains("libjsig");
            return lacks
                    ? "; Java runs without libjsig, which can be the reason: start with ./daa, or as docs/gpu.md says"
                    : "";
        } catch (IOException unknown) {
            return "";
        }
    }
}
