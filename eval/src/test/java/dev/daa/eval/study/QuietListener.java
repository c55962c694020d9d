package dev.daa.eval.study;

import dev.daa.train.run.MetricsSink;
import java.util.List;

/// Shows nothing.
public class QuietListener implements StudyListener {
    @Override
    public void planned(List<Planned> runs, int skipped) {}

    @Override
    public MetricsSink started(String run, int steps) {
        return _ -> {};
    }

    @Override
    public void finished(String run, double seconds) {}

    @Override
    public void failed(String run, Throwable cause) {}

    @Override
    public void collected(int missing) {}

    @Override
    public void reporting() {}
}
