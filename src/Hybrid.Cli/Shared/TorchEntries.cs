using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Probes;
using Hybrid.Lab.Training;
using Hybrid.Torch;
using Hybrid.Torch.Training;

namespace Hybrid.Cli.Shared;

/// <summary>The engine torch; where libtorch cannot be loaded it is listed with the reason, and asking for it is refused with it.</summary>
internal static class TorchEntries
{
    private const string Name = "torch";

    /// <summary>For random networks; without a choice of device, only described.</summary>
    public static readonly EngineEntry Ensembles = Ensemble(new TorchOptions(TorchDevice.Cpu)) with
    {
        OnDevice = EnsembleOn,
        WhyMissing = TorchRuntime.WhyMissing,
        Gpus = Gpus,
    };

    /// <summary>For training.</summary>
    public static readonly TrainerEntry Training = Trainer(TorchDevice.Cpu, TorchPrecision.Single) with
    {
        OnDevice = choice => Trainer(Find(choice), Precision(choice), choice.Memory),
    };

    /// <summary>For networks whose weights are given.</summary>
    public static readonly NetworkEntry Networks = Network(TorchDevice.Cpu, TorchPrecision.Single) with
    {
        OnDevice = choice => Network(Find(choice), Precision(choice)),
    };

    private static EngineEntry EnsembleOn(DeviceChoice choice) => Ensemble(
        new TorchOptions(Find(choice), Precision(choice), choice.DrawOnDevice ? WeightSource.Device : WeightSource.Host, choice.Memory));

    private static TorchPrecision Precision(DeviceChoice choice) => choice.Precision switch
    {
        "tf32" => TorchPrecision.Tf32,
        "bfloat16" => TorchPrecision.BFloat16,
        "double" => TorchPrecision.Double,
        _ => TorchPrecision.Single,
    };

    private static EngineEntry Ensemble(TorchOptions options) => new(
        Name,
        $"real weight matrices on TorchSharp {TorchRuntime.Version}, many networks at once, on the processor or a GPU",
        (architecture, threads) => Reported(() =>
        {
            TorchRuntime.Threads = threads;
            return new TorchEngine(architecture, options, threads);
        }),
        architecture => options.Device.IsCuda ? 0 : TorchEngine.Bytes(architecture, options.Precision))
    {
        Line = new(
            (architecture, threads) => Reported(() =>
            {
                TorchRuntime.Threads = threads;
                return new TorchLineEngine(architecture, options, threads, BuiltEngines.DifferencesIn(architecture));
            }),
            architecture => options.Device.IsCuda
                ? 0 : TorchLineEngine.Bytes(architecture, options.Precision, BuiltEngines.DifferencesIn(architecture))),
        Spectrum = (architecture, exponents, threads) => Reported(() =>
        {
            TorchRuntime.Threads = threads;
            return new TorchSpectrumEngine(architecture, exponents, options, threads);
        }),
        HasWeights = true,
        HasWeightGradients = true,
        Features = TorchEngine.Features,
        MostEngines = 1,
        Device = $"{options.Device} ({Words(options)})",
    };

    private static string Words(TorchOptions options) =>
        $"{Words(options.Precision)}, weights drawn on the {options.Source.ToString().ToLowerInvariant()}";

    private static string Words(TorchPrecision precision) => $"{precision.ToString().ToLowerInvariant()} precision";

    private static NetworkEntry Network(TorchDevice device, TorchPrecision precision) => new(
        Name,
        (model, sequences, gradients, threads) => Reported(() =>
        {
            TorchRuntime.Threads = threads;
            return new TorchNetwork(model, sequences, gradients, device, precision);
        }))
    {
        Device = $"{device} ({Words(precision)})",
    };

    private static TrainerEntry Trainer(TorchDevice device, TorchPrecision precision, long? memory = null) => new(
        Name,
        (options, threads) => Reported(() =>
        {
            TorchRuntime.Threads = threads;
            return new TorchTrainer(options, device, precision, threads, memory);
        }),
        (options, _) => device.IsCuda ? 0 : TorchTrainer.Bytes(options, precision));

    /// <summary>The device that was asked for; if none, the first GPU, or else the processor.</summary>
    private static TorchDevice Find(DeviceChoice choice) => Reported(() =>
    {
        try
        {
            return TorchRuntime.EnsureAvailable(
                choice.Device is string text ? TorchDevice.Parse(text) : new TorchDevice(TorchRuntime.GpuCount > 0, 0));
        }
        catch (FormatException error)
        {
            throw new InputException($"--device: {error.Message}", error);
        }
    });

    private static IReadOnlyList<DeviceDescription> Gpus()
    {
        try
        {
            return [.. Enumerable.Range(0, TorchRuntime.GpuCount)
                .Select(index => DeviceMemory.Of(new TorchDevice(true, index)))
                .Select(memory => new DeviceDescription(memory.Device.ToString(), memory.Name, memory.Free, memory.Total))];
        }
        catch (TorchMissingException)
        {
            return [];
        }
    }

    private static T Reported<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (TorchMissingException error)
        {
            throw new EngineMissingException($"--engine {Name}: {error.Message}");
        }
    }
}
