package dev.daa.eval.study.stage;

import dev.daa.eval.study.config.Proxies;
import dev.daa.eval.study.config.ProxyMember;
import dev.daa.train.reward.RewardQuality;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// How good one reward model is, before anything optimises it: a row of `report/proxies.csv`.
///
/// @param proxy which, of which base
/// @param parameters weights of all its members
/// @param pairs that it was trained on
/// @param heldOut accuracy, calibration and loss on held-out pairs with noisy labels
/// @param agreement share of pairs of SFT samples to one prompt that it orders as gold does
public record ProxyQuality(ProxyMember.Key proxy, long parameters, int pairs, RewardQuality heldOut, double agreement) {
    private static final String HEADER = "run,proxy,policy_size,seed,parameters,pairs,flip,members,combine,"
            + "held_out_pairs,accuracy,accuracy_se,loss,calibration_error,agreement_within_prompts";

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
                Double.toString(agreement));
    }

    /// How members are one; a single model has nothing to combine, but may count by its lower confidence bound.
    private static String combine(Proxies.Proxy model) {
        String members = model.combine().name().toLowerCase(Locale.ROOT).replace('_', '-');
        if (model.lowerConfidence() == 0) {
            return members;
        }
        return model.members() == 1 ? "lower-confidence" : members + " of lower-confidence";
    }

    /// Writes the table, one row a run; rows of other runs that the file has stay.
    public static void write(Path file, Collection<ProxyQuality> measured) {
        Map<String, String> rows = new TreeMap<>();
        measured.forEach(quality -> rows.put(quality.proxy.name(), quality.row()));
        RunTable.write(file, HEADER, rows);
    }
}
