using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Training;
using Hybrid.Torch;
using Hybrid.Torch.Training;
using Architecture = Hybrid.Architectures.Architecture;

namespace Hybrid.Gpu;

/// <summary>
/// Work that is planned with twice the memory there is: libtorch's own failure must halve the batch until it fits, and the numbers must
/// be those of a batch that fitted at once. On the processor the system is told to give this process a gibibyte more and no further.
/// </summary>
internal static partial class Exhaustion
{
    private const int AddressSpace = 9;
    private const long More = 1L << 30;

    public static JsonNode Report(string device)
    {
        DeviceWork work = new(device);
        bool isGpu = work.Device.IsCuda;
        Architecture random = isGpu ? Sizes.Of(4096, 4, 64) : Sizes.Of(1024, 2, 16), trained = Sizes.Of(isGpu ? 1024 : 128, 4, 64);
        long expectedRow = 0;
        double expected = One(random, work.Device), loss = Loss(trained, work.Device, 2, null, ref expectedRow);
        long free = isGpu ? DeviceMemory.Of(work.Device).Free : More;
        if (!isGpu)
            Limit((ulong)(DeviceWork.Status("VmSize") + More));
        return new JsonObject
        {
            ["device"] = work.Device.ToString(),
            ["freeMiB"] = free >> 20,
            ["ensemble"] = Ensemble(random, work.Device, free, expected),
            ["training"] = Training(trained, work.Device, free, loss),
        };
    }

    private static JsonObject Ensemble(Architecture architecture, TorchDevice device, long free, double expected)
    {
        int most = (int)(2 * free / (long)TorchEngine.Bytes(architecture, TorchPrecision.Single)) + 2;
        using TorchEngine engine = new(
            architecture, new TorchOptions(device, Source: WeightSource.Device, Memory: long.MaxValue, MostNetworks: most));
        NetworkSample[] samples = Samples(architecture, most);
        engine.Run(1, 0, samples);
        double got = LayerObservables.Of(samples[0], architecture.Depth).Q;
        Require("networks at once", engine.BatchSize < most);
        Require("q of the first network", Math.Abs(got / expected - 1) < 1e-3);
        return new JsonObject { ["asked"] = most, ["batch"] = engine.BatchSize, ["q"] = got, ["qAlone"] = expected };
    }

    private static JsonObject Training(Architecture architecture, TorchDevice device, long free, double expected)
    {
        int sequences = 2;
        while (TorchTrainer.Bytes(Sizes.Options(architecture, sequences)) < 3 * free)
            sequences *= 2;
        long atOnce = 0;
        double loss = Loss(architecture, device, sequences, long.MaxValue, ref atOnce);
        Require("sequences at once", atOnce < sequences);
        // Another batch of random tokens: near the logarithm of the vocabulary, both.
        Require("loss", Math.Abs(loss - expected) < 0.5);
        return new JsonObject { ["asked"] = sequences, ["atOnce"] = atOnce, ["loss"] = loss, ["lossOfTwo"] = expected };
    }

    private static double One(Architecture architecture, TorchDevice device)
    {
        using TorchEngine engine = new(architecture, new TorchOptions(device, Source: WeightSource.Device, MostNetworks: 1));
        NetworkSample[] samples = Samples(architecture, 1);
        engine.Run(1, 0, samples);
        return LayerObservables.Of(samples[0], architecture.Depth).Q;
    }

    private static double Loss(Architecture architecture, TorchDevice device, int sequences, long? memory, ref long atOnce)
    {
        using TorchTrainer trainer = new(Sizes.Options(architecture, sequences), device, memory: memory);
        double loss = trainer.Step(Sizes.Batch(architecture, sequences)).Loss;
        atOnce = trainer.SequencesAtOnce;
        return loss;
    }

    private static NetworkSample[] Samples(Architecture architecture, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new NetworkSample(architecture.Tokens, architecture.Depth))];

    private static void Require(string what, bool holds)
    {
        if (!holds)
            throw new InvalidOperationException($"exhaustion was not survived as it should be: {what}");
    }

    private static unsafe void Limit(ulong bytes)
    {
        ulong* limits = stackalloc ulong[2] { bytes, bytes };
        if (SetLimit(AddressSpace, limits) != 0)
            throw new InvalidOperationException("the system sets no limit on this process's memory");
    }

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static unsafe partial int SetLimit(int resource, ulong* limits);
}
