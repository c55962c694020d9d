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

    /// Where nothing rises there is no gain to measure depth by: −0.6 ± 0.3 may be as high as the start at −0.26,
    /// −1.1 ± 0.05 lies within three and a half of the usual errors of 0.3, and −9 ± 0.3 has collapsed.
    @Test
    void whatLiesWithinItsErrorsOfTheStartHasNotCollapsed() {
        Point any = points.getLast();
        points.removeIf(point -> !point.isStart());
        points.add(checkpoint(any, 1, new Estimate(-0.6, 0.3)));
        points.add(checkpoint(any, 2, new Estimate(-0.3, 0.3)));
        points.add(checkpoint(any, 3, new Estimate(-0.4, 0.3)));
        points.add(checkpoint(any, 4, new Estimate(-1.1, 0.05)));
        assertThat(GoldFrame.of(points, Double.NaN).outside()).isZero();
        points.add(checkpoint(any, 100, new Estimate(-9, 0.3)));
        GoldFrame frame = GoldFrame.of(points, Double.NaN);
        assertThat(frame.outside()).isOne();
        assertThat(frame.farthest()).isEqualTo(2);
        points.add(checkpoint(any, 5, new Estimate(-2, 0.7)));
        assertThat(GoldFrame.of(points, Double.NaN).outside())
                .as("however far down, an error that reaches the start is no collapse")
                .isOne();
    }

    private static Point collapsed(Point like, double kl, double gold) {
        return checkpoint(like, kl, Estimate.exact(gold));
    }

    private static Point checkpoint(Point like, double kl, Estimate gold) {
        Evaluation e = like.evaluation();
        return new Point(
                like.cell(),
                like.step(),
                like.fraction(),
                new Evaluation(
                        new Evaluation.Kl(Estimate.exact(kl), e.kl().k1(), e.kl().k3(), e.kl().forward()),
                        Evaluation.Rewards.of(
                                gold, e.rewards().proxy(), e.rewards().agreement()),
                        e.heldOut(),
                        e.responses()));
    }
}
