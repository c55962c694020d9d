package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import dev.daa.model.json.JsonKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The weights of a model folder: `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
final class WeightFiles implements TensorSource {
    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    private final Path folder;
    private final List<Safetensors> shards = new ArrayList<>();
    private final Map<String, Safetensors> shardOf = new LinkedHashMap<>();

    private WeightFiles(Path folder) {
        this.folder = folder;
    }

    /// Opens the weights of a folder and checks every header.
    static WeightFiles open(Path folder) {
        WeightFiles files = new WeightFiles(folder);
        try {
            List<Path> paths = paths(folder);
            for (Path path : paths) {
                Safetensors shard = Safetensors.open(path);
                files.shards.add(shard);
                for (String name : shard.names()) {
                    @Nullable Safetensors other = files.shardOf.put(name, shard);
                    if (other != null) {
                        throw InputException.of(
                                path + ": tensor " + name, "it in " + other.place() + " too", "it once", "");
                    }
                }
            }
            if (!Files.exists(folder.resolve(SINGLE))) {
                files.checkIndex();
            }
            return files;
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /// The files that hold a folder's weights, sorted by name.
    static List<Path> paths(Path folder) {
        if (Files.exists(folder.resolve(SINGLE))) {
            return List.of(folder.resolve(SINGLE));
        }
        if (!Files.exists(folder.resolve(INDEX))) {
            boolean pickled = Files.exists(folder.resolve("pytorch_model.bin"))
                    || Files.exists(folder.resolve("pytorch_model.bin.index.json"));
            throw InputException.of(
                    folder.toString(),
                    pickled ? "only pytorch_model.bin" : "no weights",
                    SINGLE + " or " + INDEX,
                    pickled ? "convert it with transformers: save_pretrained(…, safe_serialization=True)" : "");
        }
        Set<String> names = new TreeSet<>(index(folder).values());
        return names.stream().map(folder::resolve).toList();
    }

    /// File name by tensor name.
    private static Map<String, String> index(Path folder) {
        JsonKeys map = JsonKeys.read(folder.resolve(INDEX)).object("weight_map");
        Map<String, String> files = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : map.node().properties()) {
            String file = map.text(entry.getKey());
            if (file.isEmpty() || file.contains("/") || file.contains("\\") || file.equals("..")) {
                throw InputException.of(
                        map.place() + ": " + entry.getKey(), "\"" + file + "\"", "a file name in the same folder", "");
            }
            files.put(entry.getKey(), file);
        }
        if (files.isEmpty()) {
            throw InputException.of(map.place(), "no tensors", "a file name per tensor", "");
        }
        return files;
    }

    private void checkIndex() {
        Map<String, String> index = index(folder);
        for (Map.Entry<String, String> entry : index.entrySet()) {
            @Nullable Safetensors shard = shardOf.get(entry.getKey());
            String expected = folder.resolve(entry.getValue()).toString();
            if (shard == null || !shard.place().equals(expected)) {
                throw InputException.of(
                        folder.resolve(INDEX) + ": tensor " + entry.getKey(),
                        shard == null ? "it in no shard" : "it in " + shard.place(),
                        "it in " + expected,
                        "");
            }
        }
        for (Map.Entry<String, Safetensors> entry : shardOf.entrySet()) {
            if (!index.containsKey(entry.getKey())) {
                throw InputException.of(
                        entry.getValue().place() + ": tensor " + entry.getKey(),
                        "it",
                        "a name that " + INDEX + " lists",
                        "");
            }
        }
    }

    @Override
    public String place() {
        return shards.size() == 1 ? shards.getFirst().place() : folder.toString();
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(shardOf.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        return shard(name).info(name);
    }

    @Override
    public void read(String name, float[] into, int offset) {
        shard(name).read(name, into, offset);
    }

    private Safetensors shard(String name) {
        @Nullable Safetensors shard = shardOf.get(name);
        if (shard == null) {
            throw new InputException(place() + ": has no tensor " + name);
        }
        return shard;
    }

    @Override
    public void close() {
        shards.forEach(Safetensors::close);
    }
}
