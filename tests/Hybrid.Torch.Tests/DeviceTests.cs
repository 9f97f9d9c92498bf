using Hybrid.Architectures;
using Hybrid.Networks.Tests;
using Xunit;
using ExternalException = System.Runtime.InteropServices.ExternalException;

namespace Hybrid.Torch.Tests;

/// <summary>Devices by name, what is missing, and memory.</summary>
public sealed class DeviceTests : IDisposable
{
    private static readonly Architecture Small = Hybrid.Networks.Tests.Networks.Of(
        Placement.Pre, Activation.Tanh, tokens: 4, depth: 2, width: 8);
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    [Theory]
    [InlineData("cpu", false, 0)]
    [InlineData("cuda", true, 0)]
    [InlineData("cuda:3", true, 3)]
    public void Devices_are_read_by_name(string text, bool cuda, int index) =>
        Assert.Equal(new TorchDevice(cuda, index), TorchDevice.Parse(text));

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("")]
    public void Other_names_are_refused(string text) =>
        Assert.Contains(
            $"must be cpu, cuda or cuda:N, got '{text}'", Assert.Throws<FormatException>(() => TorchDevice.Parse(text)).Message);

    [Fact]
    public void A_GPU_beyond_those_of_the_machine_is_missing_and_the_message_says_what_to_do()
    {
        int count = TorchRuntime.GpuCount;
        TorchMissingException thrown = Assert.Throws<TorchMissingException>(
            () => new TorchEngine(Small, new TorchOptions(new TorchDevice(true, count))));
        Assert.Contains($"device cuda:{count} was asked for and libtorch offers {count}", thrown.Message);
    }

    [Fact]
    public void The_processor_tells_its_memory()
    {
        DeviceMemory memory = DeviceMemory.Of(TorchDevice.Cpu);
        Assert.InRange(memory.Free, 1, memory.Total);
        Assert.InRange(memory.Budget, 1, memory.Total);
    }

    [Fact]
    public void A_network_beyond_the_memory_is_refused_with_the_bytes_it_needs()
    {
        InsufficientMemoryException thrown = Assert.Throws<InsufficientMemoryException>(
            () => new TorchEngine(Small, new TorchOptions(TorchDevice.Cpu, Memory: 1000)));
        Assert.Contains($"takes about {TorchEngine.Bytes(Small, default)} bytes", thrown.Message);
    }

    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB")]
    [InlineData("[enforce fail at alloc_cpu.cpp:66] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")]
    public void Exhausted_memory_halves_the_batch_and_does_every_item_once(string message)
    {
        ShrinkingBatch batch = new(8);
        List<int> done = [];
        batch.Run(11, (start, length) =>
        {
            if (length > 3)
                throw new ExternalException(message);
            done.AddRange(Enumerable.Range(start, length));
        });
        Assert.Equal(Enumerable.Range(0, 11), done);
        Assert.Equal(2, batch.Size);
    }

    [Fact]
    public void Other_failures_and_a_single_item_that_does_not_fit_are_thrown()
    {
        ShrinkingBatch batch = new(8);
        Assert.Throws<ExternalException>(() => batch.Run(8, (_, _) => throw new ExternalException("shapes differ")));
        Assert.Equal(8, batch.Size);
        Assert.Throws<ExternalException>(() => batch.Run(8, (_, _) => throw new ExternalException("CUDA out of memory")));
        Assert.Equal(1, batch.Size);
    }

    [Fact]
    public void Factors_that_do_not_fit_are_refused_before_libtorch_sees_them()
    {
        using TorchSharp.DisposeScope scope = TorchSharp.torch.NewDisposeScope();
        ArgumentException thrown = Assert.Throws<ArgumentException>(
            () => Products.Apply(TorchSharp.torch.zeros(2, 3, 5), TorchSharp.torch.zeros(4, 5), default));
        Assert.Contains("got [2, 3, 5] and [4, 5]", thrown.Message);
    }
}
