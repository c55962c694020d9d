package dev.daa.eval.report.measure;

import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.text.Words;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The trajectories of a study by what the findings compare: objective, size, β.
///
/// @param trajectories as [Trajectory#of] orders them
public record StudyGroups(List<Trajectory> trajectories) {
    /// The trajectories of one objective at one size, β ascending.
    public record Group(String objective, String size, List<Trajectory> members) {
        public Method method() {
            return members.getFirst().method();
        }

        /// Seeds of the member that has most.
        public int seeds() {
            return members.stream().mapToInt(Trajectory::seeds).max().orElse(0);
        }

        /// Evaluations after the start: how many chances a maximum had.
        public int checkpoints() {
            return members.stream()
                    .mapToInt(member -> member.stages().size() - 1)
                    .sum();
        }
    }

    public static StudyGroups of(List<Point> points) {
        return new StudyGroups(Trajectory.of(points));
    }

    public List<Group> groups() {
        Map<List<String>, List<Trajectory>> byKey = new LinkedHashMap<>();
        for (Trajectory trajectory : trajectories) {
            byKey.computeIfAbsent(
                            List.of(trajectory.objective(), trajectory.size()), key -> new java.util.ArrayList<>())
                    .add(trajectory);
        }
        return byKey.values().stream()
                .map(members -> new Group(
                        members.getFirst().objective(), members.getFirst().size(), members))
                .toList();
    }

    /// The policies that are trained, whose figures run over training.
    public StudyGroups trained() {
        return new StudyGroups(trajectories.stream()
                .filter(member -> member.method() != Method.BEST_OF_N)
                .toList());
    }

    /// The direct alignment algorithms among them, which most claims are about.
    public StudyGroups direct() {
        return new StudyGroups(trajectories.stream()
                .filter(member -> member.method() == Method.DIRECT)
                .toList());
    }

    /// Sizes, smallest first.
    public List<String> sizes() {
        return trajectories.stream().map(Trajectory::size).distinct().toList();
    }

    /// Objectives in the study's order.
    public List<String> objectives() {
        return trajectories.stream().map(Trajectory::objective).distinct().toList();
    }

    public Method method(String objective) {
        return trajectories.stream()
                .filter(member -> member.objective().equals(objective))
                .findFirst()
                .orElseThrow()
                .method();
    }

    /// Whether any policy was made by this method.
    public boolean has(Method method) {
        return trajectories.stream().anyMatch(member -> member.method() == method);
    }

    /// What [Trajectory#beta] is in this study: "β", "KL coefficient" or both.
    public String betaName() {
        boolean reinforced = has(Method.REINFORCEMENT);
        return !reinforced
                ? "β"
                : has(Method.DIRECT) || has(Method.ONLINE) ? "β or " + Words.KL_COEFFICIENT : Words.KL_COEFFICIENT;
    }

    public boolean hasSizes() {
        return sizes().size() > 1;
    }

    /// " at one size" where sizes differ, so that what is counted within one is not taken for all.
    public String atOneSize() {
        return hasSizes() ? " at one size" : "";
    }

    /// "DPO", or "DPO (S)" where sizes differ.
    public String label(String objective, String size) {
        return Words.objective(objective) + (hasSizes() ? " (" + size + ")" : "");
    }

    public String label(Group group) {
        return label(group.objective(), group.size());
    }
}
