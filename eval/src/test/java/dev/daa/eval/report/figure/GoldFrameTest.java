package dev.daa.eval.report.figure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.SyntheticStudy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GoldFrameTest {
    private final List<Point> points = new ArrayList<>(SyntheticStudy.quick().points());

    @Test
    void aStudyWithoutCollapseIsShownWhole() {
        GoldFrame frame = GoldFrame.of(points, 2.9);
        assertThat(frame.outside()).isZero();
        assertThat(frame.remark()).isEmpty();
        assertThat(frame.farthest())
                .isEqualTo(points.stream().mapToDouble(Point::distance).max().orElseThrow());
    }

    @Test
    void collapsedCheckpointsAreLeftOutAndCounted() {
        int before = points.size();
        Point any = points.getLast();
        double farthest = GoldFrame.of(points, 2.9).farthest();
        points.add(collapsed(any, 196, -26.3));
        points.add(collapsed(any, 100, -9));
        GoldFrame frame = GoldFrame.of(points, 2.9);
        assertThat(frame.outside()).isEqualTo(2);
        assertThat(frame.farthest()).isEqualTo(farthest);
        assertThat(frame.remark()).contains("2 of " + (before + 2), "−26.3 at √KL 14.0");
        // Start −0.26, attainable 2.9: the floor is 1.2 · 3.16 below the start.
        assertThat(frame.floor()).isBetween(-4.2, -3.9);
    }

    private static Point collapsed(Point like, double kl, double gold) {
        Evaluation e = like.evaluation();
        return new Point(
                like.cell(),
                like.step(),
                like.fraction(),
                new Evaluation(
                        new Evaluation.Kl(Estimate.exact(kl), e.kl().k1(), e.kl().k3(), e.kl().forward()),
                        Evaluation.Rewards.of(
                                Estimate.exact(gold),
                                e.rewards().proxy(),
                                e.rewards().agreement()),
                        e.heldOut(),
                        e.responses()));
    }
}
