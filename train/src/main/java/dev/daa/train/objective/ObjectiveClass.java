package dev.daa.train.objective;

import dev.daa.compute.InputException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Objectives that a user brings as a compiled class: `--objective my.Class --classpath folder`, or `classpath` beside
/// its name in a study.
///
/// The class has a public constructor without arguments and implements one of
/// - [MarginFunction] or [DifferentiableMargin]: a function of x = β·h; takes the parameters of every function of the
///   margin;
/// - [PairFunction] or [DifferentiablePair]: a function of ρ_w and ρ_l; takes the likelihood parameters;
/// - [Objective]: anything; takes no parameters.
///
/// Its derivatives are checked by finite differences before it is used.
public final class ObjectiveClass {
    private static final Pattern CLASS_NAME = Pattern.compile("[\\p{L}_][\\w$]*(\\.[\\p{L}_][\\w$]*)+");

    private ObjectiveClass() {}

    /// Whether `name` is meant as a class and not as a row of the table: identifiers joined by dots.
    public static boolean isClassName(String name) {
        return CLASS_NAME.matcher(name).matches();
    }

    /// Loads, builds and checks an objective.
    ///
    /// @param className  the class, with its package
    /// @param classpath  folders or jars to find it in, after daa.jar itself
    /// @param parameters keys and values as from a config
    public static Objective load(
            String className, List<Path> classpath, Map<String, ? extends @Nullable Object> parameters) {
        Objective objective = build(className, instantiate(className, classpath), parameters);
        DerivativeCheck.require(objective);
        return objective;
    }

    /// What a class takes.
    static List<ObjectiveParameter> parameters(String className, List<Path> classpath) {
        return parameters(className, instantiate(className, classpath));
    }

    private static List<ObjectiveParameter> parameters(String className, Object instance) {
        return switch (instance) {
            case Objective _ -> List.of();
            case MarginFunction _ -> SharedParameters.margin(SharedParameters.beta(0.1));
            case PairFunction _ -> SharedParameters.pairwise();
            default ->
                throw InputException.of(
                        "objective " + className,
                        "a class that implements none of them",
                        "MarginFunction, DifferentiableMargin, PairFunction, DifferentiablePair or Objective",
                        "");
        };
    }

    private static Objective build(String className, Object instance, Map<String, ? extends @Nullable Object> given) {
        ObjectiveParameters resolved = ObjectiveParameters.resolve(className, parameters(className, instance), given);
        return switch (instance) {
            case Objective objective -> objective;
            case MarginFunction function -> SharedParameters.build(className, function, resolved, Average.SUM);
            case PairFunction function ->
                SharedParameters.withLikelihood(new PairObjective(className, function, LogRatio.SUMMED), resolved);
            default -> throw new IllegalStateException(className);
        };
    }

    @SuppressWarnings("resource") // the loader must outlive the objective, whose code may load more classes
    private static Object instantiate(String className, List<Path> classpath) {
        URL[] urls = classpath.stream().map(ObjectiveClass::url).toArray(URL[]::new);
        ClassLoader loader = new URLClassLoader(urls, ObjectiveClass.class.getClassLoader());
        try {
            return Class.forName(className, true, loader).getConstructor().newInstance();
        } catch (ClassNotFoundException absent) {
            throw new InputException(
                    "objective " + className + ": no such class in " + classpath
                            + "; compile it against daa.jar and name its folder with --classpath, in a study by the"
                            + " objective's own classpath",
                    absent);
        } catch (NoSuchMethodException | IllegalAccessException | InstantiationException hidden) {
            throw new InputException(
                    "objective " + className + ": expected a public class with a public constructor without arguments",
                    hidden);
        } catch (InvocationTargetException failed) {
            throw new InputException(
                    "objective " + className + ": its constructor failed with " + failed.getCause(), failed);
        } catch (LinkageError incompatible) {
            throw new InputException(
                    "objective " + className + ": cannot be loaded, " + incompatible.getMessage()
                            + "; compile it against this daa.jar",
                    incompatible);
        }
    }

    private static URL url(Path place) {
        if (!Files.exists(place)) {
            throw new InputException("classpath: no file or folder " + place);
        }
        try {
            return place.toUri().toURL();
        } catch (MalformedURLException impossible) {
            throw new InputException("classpath: cannot read " + place, impossible);
        }
    }
}
