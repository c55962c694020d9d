package dev.daa.eval.study.config;

import dev.daa.train.config.Setting;
import dev.daa.train.loop.TrainingConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One reward model to be trained: a member of a proxy, on the pairs of one base.
public record ProxyMember(Cell.Base base, Proxies.Proxy proxy, int member) {
    /// A proxy of one base, all members together.
    public record Key(Cell.Base base, Proxies.Proxy proxy) {
        /// The proxy of a cell that has one.
        public static Key of(Cell cell) {
            return new Key(cell.base(), Objects.requireNonNull(cell.proxy()));
        }

        public List<ProxyMember> members() {
            List<ProxyMember> members = new ArrayList<>();
            for (int member = 1; member <= proxy.members(); member++) {
                members.add(new ProxyMember(base, proxy, member));
            }
            return members;
        }

        /// The SFT model that its members start from.
        public Cell.Base start() {
            return proxy.size() == null ? base : new Cell.Base(proxy.size(), base.seed());
        }

        /// Name of the proxy among all of the study.
        public String name() {
            return base.runName("reward-" + proxy.name());
        }
    }

    public Key key() {
        return new Key(base, proxy);
    }

    /// Name of its run folder.
    public String name() {
        return key().name() + (proxy.members() == 1 ? "" : "-member" + member);
    }

    public int steps(StudyConfig config, TrainingConfig training) {
        return training.stepsOver(proxy.pairsOf(config.preferences().pairs()));
    }

    /// Everything that decides a reward model.
    record Training(
            @Setting("reward model") Proxies.Proxy proxy,
            @Setting("its training") TrainingConfig training,
            @Setting("centring") double centering,
            @Setting("assumed share of flipped labels") double labelSmoothing) {}

    /// The `config.yaml` of a run that uses reward models.
    ///
    /// @param run what decides the rest
    record Config(
            @Setting("run") Record run,

            @Setting(value = "reward model", byDefault = "null") @Nullable
            Training reward,

            @Setting(value = "gold reward model", byDefault = "null") @Nullable
            GoldModel gold) {
        /// The config of a run, with those of its reward model and of a gold that is one, where it has any.
        static Record add(Record run, StudyConfig config, Proxies.@Nullable Proxy proxy) {
            Proxies proxies = config.proxies();
            Training training = proxies == null || proxy == null
                    ? null
                    : new Training(proxy, proxies.training(), proxies.centering(), proxies.labelSmoothing());
            GoldModel gold = config.goldOrNull();
            return training == null && gold == null ? run : new Config(run, training, gold);
        }
    }

    /// The `config.yaml` of the reward model's own run folder.
    record OwnConfig(
            @Setting("policy size") StudyConfig.Size size,
            @Setting("seed") long seed,
            @Setting("member") int member,
            @Setting("supervised fine-tuning") TrainingConfig sft,
            @Setting("preference pairs") StudyConfig.Preferences preferences) {}

    public Record config(StudyConfig config) {
        return Config.add(
                new OwnConfig(base.size(), base.seed(), member, config.sft(), config.preferences()), config, proxy);
    }
}
