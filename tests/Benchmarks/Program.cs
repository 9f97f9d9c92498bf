using Hybrid.Benchmarks;

// Paired comparisons with PyTorch are verbs of their own; anything else goes to BenchmarkDotNet.
int threads = Environment.ProcessorCount;
switch (args)
{
    case ["paired-product", ..]:
        return PairedProduct.Run(threads, rounds: 15);
    case ["paired-network", ..]:
        return PairedNetwork.Run(threads, rounds: 15);
    case ["paired-training", ..]:
        return args.Contains("processor")
            ? PairedTraining.Run(threads: 1, rounds: 15, processor: true)
            : PairedTraining.Run(threads, rounds: 15, processor: false);
    case ["paired-torch", ..]:
        return PairedTorch.Run(args.Contains("one-thread") ? 1 : threads, rounds: 9);
    case ["training-memory"]:
        return TrainingMemory.Run();
    case [TrainingMemory.Cell, string trainer, string width]:
        return TrainingMemory.Measured(trainer, int.Parse(width));
    case ["paired-ensemble", ..]:
        return PairedEnsemble.Run(threads, rounds: 7, largestPair: args.Length > 1 ? int.Parse(args[1]) : 8192, largest: args.Length > 2
            ? int.Parse(args[2])
            : 65536);
    case ["paired-features", ..]:
        return PairedFeatures.Run(width: args.Length > 1 ? int.Parse(args[1]) : 1024, rounds: args.Length > 2 ? int.Parse(args[2]) : 7,
            part: args.Length > 3 ? args[3] : "");
    case ["agreement" or "agreement-features", ..]:
        return AgreementCells.Run(args, threads);
    case ["empty-cells", ..]:
        return EmptyCells.Run(args.Length > 1 ? int.Parse(args[1]) : 100_000, args.Length > 2 ? int.Parse(args[2]) : 100, threads);
    case ["cost", ..]:
        return CostCurves.Run(args.Length > 1 ? args[1] : "");
    case [CostCurves.Cell, string warmUp, string words]:
        return CostCurves.Measured(warmUp, words);
    case ["attention-draws"]:
        return AttentionDraws.Run();
    case ["draw-work"]:
        return DrawnPredictions.Run();
    case ["normals"]:
        return NormalNumbers.Run();
    case ["conditioned-parts", ..]:
        return ConditionedParts.Run(args.Length > 1 ? int.Parse(args[1]) : 1024);
    default:
        BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Agreement).Assembly).Run(args);
        return 0;
}
