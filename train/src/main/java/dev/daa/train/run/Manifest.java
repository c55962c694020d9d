package dev.daa.train.run;

import java.util.Map;
import java.util.TreeMap;

/// `manifest.json`: what a run was made with, enough to make it again.
///
/// @param build version and git revision of daa
/// @param java version of the JVM
/// @param system operating system and processor architecture
/// @param backend backend that computed, such as `cpu`
/// @param device what the backend ran on, as it describes itself
/// @param seed the run's seed
/// @param model hash of the model that training started from
/// @param data hash of each data set and each further model that it reads, by its name or path
public record Manifest(
        Build build,
        String java,
        String system,
        String backend,
        String device,
        long seed,
        String model,
        Map<String, String> data) {

    public Manifest {
        data = Map.copyOf(data);
    }

    /// The manifest of a run in this JVM.
    public static Manifest here(String backend, String device, long seed, String model, Map<String, String> data) {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch");
        return new Manifest(Build.current(), Runtime.version().toString(), system, backend, device, seed, model, data);
    }

    @Override
    public Map<String, String> data() {
        return new TreeMap<>(data);
    }
}
