package dev.daa.eval.study.stage;

import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.record.ResponseSample;
import dev.daa.train.run.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The `points.csv` of one run.
public final class RunPoints {
    private RunPoints() {}

    /// Where the folder of a run has them.
    public static Path in(Path run) {
        return run.resolve("points.csv");
    }

    /// Writes a point's samples, and then adds it, in place of points of the same or a later step: where the point
    /// is, its samples are.
    public static void record(RunFolder folder, Point measured, List<ResponseSample> samples) {
        folder.samples(measured.step(), samples);
        Path file = in(folder.path());
        try {
            List<Point> points = new ArrayList<>();
            if (Files.exists(file)) {
                for (Point point : PointsCsv.read(file)) {
                    if (point.step() < measured.step()) {
                        points.add(point);
                    }
                }
            }
            points.add(measured);
            PointsCsv.write(file, points);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
