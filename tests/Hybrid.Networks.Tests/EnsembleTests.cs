using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;
using Xunit;

namespace Hybrid.Networks.Tests;

public sealed class EnsembleTests
{
    private static readonly Architecture Small = Networks.Of(Placement.Pre, Activation.Tanh, tokens: 5, depth: 2, width: 24, heads: 2);

    [Fact]
    public void Any_number_of_threads_gives_the_same_members_in_the_same_order()
    {
        foreach (Func<INetworkEngine> factory in new Func<INetworkEngine>[]
        {
            () => new ConditionedEngine(Small),
            () => new DenseEngine(Small, 1),
        })
        {
            IReadOnlyList<EnsembleMember> one = Ensemble.Run(factory, 3, 17, 1), three = Ensemble.Run(factory, 3, 17, 3);
            IReadOnlyList<EnsembleMember> tail = Ensemble.Run(factory, 3, 7, 2, first: 10);
            Assert.Equal(Enumerable.Range(0, 17), one.Select(member => member.Sample));
            for (int i = 0; i < 17; i++)
            {
                Assert.Equal(i, three[i].Sample);
                Assert.Equal(one[i].Layers, three[i].Layers);
                Assert.Equal(one[i].WeightGradients, three[i].WeightGradients);
                Assert.Equal(one[i].Layers, i < 10 ? one[i].Layers : tail[i - 10].Layers);
            }
        }
    }

    [Fact]
    public void Cancelling_leaves_what_is_finished()
    {
        using CancellationTokenSource source = new();
        Reports reports = new(done => { if (done == 4) source.Cancel(); });
        IReadOnlyList<EnsembleMember> members = Ensemble.Run(() => new ConditionedEngine(Small), 3, 1000, 2, reports, source.Token);
        Assert.InRange(members.Count, 4, 5);
        Assert.Equal(members.Select(member => member.Sample).Order(), members.Select(member => member.Sample));
        Assert.Equal(Ensemble.Run(() => new ConditionedEngine(Small), 3, 1, 1)[0].Layers, members[0].Layers);
    }

    [Fact]
    public void A_failure_on_any_thread_is_thrown_to_the_caller()
    {
        Architecture narrow = Networks.Of(Placement.Pre, Activation.Tanh, tokens: 9, depth: 1, width: 8);
        Assert.Throws<ArgumentException>(() => Ensemble.Run(() => new ConditionedEngine(narrow), 1, 4, 3));
    }

    [Fact]
    public void Memory_limits_the_engines_at_a_time_and_refuses_less_than_one()
    {
        Int128 bytes = ConditionedEngine.Bytes(Small);
        Assert.Equal(2, Ensemble.ThreadsWithin((long)(2 * bytes), bytes, 8));
        Assert.Equal(8, Ensemble.ThreadsWithin(long.MaxValue, bytes, 8));
        Assert.Contains("takes", Assert.Throws<InsufficientMemoryException>(() => Ensemble.ThreadsWithin(1000, bytes, 8)).Message);
    }

    private sealed class Reports(Action<int> action) : IProgress<int>
    {
        public void Report(int value) => action(value);
    }
}
