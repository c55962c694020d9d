package dev.daa.eval.study.stage;

import dev.daa.eval.study.config.Proxies;
import dev.daa.eval.study.config.ProxyMember;
import dev.daa.train.reward.RewardQuality;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How good one reward model is, before anything optimises it: a row of `report/proxies.csv`.
///
/// @param proxy which, of which base
/// @param parameters weights of all its members
/// @param pairs that it was trained on
/// @param heldOut accuracy, calibration and loss on held-out pairs with noisy labels
/// @param agreement share of pairs of SFT samples to one prompt that it orders as gold does
public record ProxyQuality(ProxyMember.Key proxy, long parameters, int pairs, RewardQuality heldOut, double agreement) {
    public static final RunTable TABLE = new RunTable(
            "proxies.csv",
            "run,proxy,policy_size,seed,parameters,pairs,flip,members,combine,"
                    + "held_out_pairs,accuracy,accuracy_se,loss,calibration_error,agreement_within_prompts,"
                    + "length_correlation");

    private String row() {
        Proxies.Proxy model = proxy.proxy();
        return String.join(
                ",",
                proxy.name(),
                model.name(),
                proxy.base().size().name(),
                Long.toString(proxy.base().seed()),
                Long.toString(parameters),
                Integer.toString(pairs),
                Double.toString(model.flip()),
                Integer.toString(model.members()),
                combine(model),
                Integer.toString(heldOut.pairs()),
                Double.toString(heldOut.accuracy()),
                Double.toString(heldOut.accuracyStandardError()),
                Double.toString(heldOut.loss()),
                Double.toString(heldOut.calibrationError()),
                Double.toString(agreement),
                Double.toString(heldOut.lengthCorrelation()));
    }

    /// How members are one; a single model has nothing to combine, but may be trained or count in a way of its own.
    private static String combine(Proxies.Proxy model) {
        String members = model.combine().name().toLowerCase(Locale.ROOT).replace('_', '-');
        List<String> ways = new ArrayList<>();
        if (model.lowerConfidence() > 0) {
            ways.add("lower-confidence");
        }
        if (model.lengthPenalty().isOn()) {
            ways.add(model.lengthPenalty().residual() ? "length-residual" : "length-penalty");
        }
        if (model.lengthHead().isOn()) {
            ways.add("length-head");
        }
        if (model.batchCentering() > 0) {
            ways.add("batch-centered");
        }
        if (ways.isEmpty()) {
            return members;
        }
        return (model.members() == 1 ? "" : members + " of ") + String.join(" and ", ways);
    }

    /// Keeps the row in the folder of the reward model, which is that of its only member where it has one.
    public void keep(Path run) {
        TABLE.keep(run, row());
    }
}
