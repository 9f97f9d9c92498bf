using Hybrid.Networks.Linear;
using Xunit;

namespace Hybrid.Networks.Tests.Linear;

public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Every_share_runs_exactly_once_in_every_one_of_many_regions(int threads)
    {
        using WorkerPool pool = new(threads);
        int* counts = stackalloc int[threads];
        for (int region = 1; region <= 20_000; region++)
        {
            pool.Run(&Count, counts);
            for (int share = 0; share < threads; share++)
                Assert.Equal(region, counts[share]);

            // Now and then long enough for the workers to fall asleep.
            if (region % 5_000 == 0)
                Thread.Sleep(20);
        }
    }

    [Fact]
    public void A_failure_on_any_thread_reaches_the_caller_and_the_pool_still_works()
    {
        using WorkerPool pool = new(3);
        int* counts = stackalloc int[3];
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => Fail(pool));
        Assert.Equal("share 2", thrown.Message);
        pool.Run(&Count, counts);
        Assert.Equal(1, counts[2]);
    }

    [Fact]
    public void Shares_of_a_count_cover_it_without_overlap()
    {
        for (int count = 0; count < 20; count++)
        {
            int next = 0;
            for (int share = 0; share < 6; share++)
            {
                (int start, int end) = WorkerPool.Share(count, share, 6);
                Assert.Equal(next, start);
                next = end;
            }

            Assert.Equal(count, next);
        }
    }

    private static void Fail(WorkerPool pool)
    {
        int unused = 0;
        pool.Run(&Throw, &unused);
    }

    private static void Count(int* counts, int share, int shares) => counts[share]++;

    private static void Throw(int* unused, int share, int shares)
    {
        if (share == 2)
            throw new InvalidOperationException($"share {share}");
    }
}
