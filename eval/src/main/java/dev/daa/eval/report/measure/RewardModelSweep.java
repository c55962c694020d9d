package dev.daa.eval.report.measure;

import dev.daa.eval.analysis.Trend;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.ProxyRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The axes that reward models are swept over.
public enum RewardModelSweep {
    SIZE("log₁₀ of the reward model's weights", "weights"),
    DATA("log₁₀ of the comparisons that it learned from", "comparisons"),
    NOISE("share of its labels that was turned over", "flipped labels");

    private final String axis;
    private final String unit;

    RewardModelSweep(String axis, String unit) {
        this.axis = axis;
        this.unit = unit;
    }

    /// A quantity of reward models that are alike but for their size or data.
    ///
    /// @param at size in weights, or pairs
    public record Measured(double at, Estimate value, String model) {}

    /// A quantity along a sweep, where it is known.
    public interface Quantity {
        Optional<Estimate> of(RewardModel model);
    }

    public String axis() {
        return axis;
    }

    public String unit() {
        return unit;
    }

    private double at(RewardModel model) {
        return switch (this) {
            case SIZE -> model.parameters();
            case DATA -> model.pairs();
            case NOISE -> model.flip();
        };
    }

    /// Groups of at least two reward models that differ along this axis only.
    public List<List<RewardModel>> groups(List<RewardModel> models) {
        Map<List<Object>, List<RewardModel>> alike = new LinkedHashMap<>();
        for (RewardModel model : models) {
            ProxyRow row = model.rows().getFirst();
            alike.computeIfAbsent(
                            List.of(
                                    model.policySize(),
                                    row.members(),
                                    row.combine(),
                                    this == SIZE ? 0 : row.parameters(),
                                    this == DATA ? 0 : row.pairs(),
                                    this == NOISE ? 0 : row.flip()),
                            _ -> new ArrayList<>())
                    .add(model);
        }
        return alike.values().stream()
                .filter(group -> group.stream().mapToDouble(this::at).distinct().count() > 1)
                .toList();
    }

    public List<Measured> along(List<RewardModel> group, Quantity quantity) {
        List<Measured> measured = new ArrayList<>();
        for (RewardModel model : group) {
            quantity.of(model)
                    .filter(value -> Double.isFinite(value.mean()))
                    .ifPresent(value -> measured.add(new Measured(at(model), value, model.name())));
        }
        return measured;
    }

    /// Weighted least squares; empty without errors or with fewer than two different sizes.
    public static Optional<Trend> trend(List<Measured> measured) {
        return measured.size() < 2
                ? Optional.empty()
                : Trend.of(
                        measured.stream().mapToDouble(Measured::at).toArray(),
                        measured.stream().mapToDouble(one -> one.value().mean()).toArray(),
                        measured.stream()
                                .mapToDouble(one -> one.value().errorOrZero())
                                .toArray());
    }
}
