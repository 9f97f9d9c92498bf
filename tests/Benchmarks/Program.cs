using Hybrid.Benchmarks;

// Paired comparisons with PyTorch are verbs of their own; anything else goes to BenchmarkDotNet.
int threads = Environment.ProcessorCount;
switch (args)
{
    case ["paired-product", ..]:
        return PairedProduct.Run(threads, rounds: 15);
    case ["paired-network", ..]:
        return PairedNetwork.Run(threads, rounds: 15);
    default:
        BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
}
