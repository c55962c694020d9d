package dev.daa.train.run;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.WriteFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// `metrics.jsonl`: one JSON object a step, `{"step":7,"loss":0.69,…}`. A number that is not finite is written as null.
final class MetricsFile implements MetricsSink, AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Path file;
    private final FileChannel channel;

    /// Opens the file to continue after `lastStep`, −1 for an empty file: later lines belong to updates that the
    /// resumed run makes again, and a last line without its end was cut by a kill; both go.
    MetricsFile(Path file, long lastStep) {
        this.file = file;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                long kept = keptBytes(file, lastStep);
                channel.truncate(kept);
                channel.position(kept);
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        }
    }

    /// Length of the leading whole lines whose step is at most `lastStep`.
    private static long keptBytes(Path file, long lastStep) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int kept = 0;
        int line = 0;
        for (int end = 0; end < bytes.length; end++) {
            if (bytes[end] != '\n') {
                continue;
            }
            line++;
            if (step(file, line, new String(bytes, kept, end - kept, StandardCharsets.UTF_8)) > lastStep) {
                break;
            }
            kept = end + 1;
        }
        return kept;
    }

    private static long step(Path file, int line, String text) {
        try {
            JsonNode step = JSON.readTree(text).path("step");
            if (step.isIntegralNumber()) {
                return step.asLong();
            }
        } catch (JacksonException e) {
            throw new InputException(
                    file + ":" + line + ": found a line that is not JSON, expected metrics; delete the run folder", e);
        }
        throw InputException.of(file + ":" + line, "no step", "{\"step\":…}", "delete the run folder and start again");
    }

    @Override
    public void record(Metrics metrics) {
        ObjectNode row = JSON.createObjectNode();
        row.put("step", metrics.step());
        metrics.forEach((key, value) -> {
            if (Double.isFinite(value)) {
                row.put(key, value);
            } else {
                row.putNull(key);
            }
        });
        try {
            DurableFolder.writeFully(channel, (row + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        }
    }

    /// Forces all lines to the disk.
    void force() {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw WriteFailure.of(file, e);
        }
    }
}
