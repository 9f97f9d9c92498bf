using Hybrid.Import.Json;
using Hybrid.Lab.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

/// <summary>Folders that several machines share, on a file system that may know no locks.</summary>
public class LeaseTests
{
    // A holder writes 20 times before it counts as gone, however busy the machine.
    private static readonly LeaseTimes Short = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));

    [Theory]
    [InlineData("here")]
    [InlineData("there")]
    public void Without_locks_of_the_system_a_second_owner_is_refused_on_any_machine(string machine)
    {
        using TemporaryFolder folder = new();
        using (Take(folder, Here("here")))
            Assert.Contains("is in use by another process", Assert.Throws<RunInUseException>(() => Take(folder, Here(machine))).Message);
        Assert.False(File.Exists(folder.Path(RunLock.LeaseName)));
        Take(folder, Here(machine)).Dispose();
    }

    [Fact]
    public void Of_many_that_take_it_at_once_one_has_it()
    {
        using TemporaryFolder folder = new();
        // A dead holder's lease lies there, so that all of them have one to take away.
        File.WriteAllText(folder.Path(RunLock.LeaseName), Ended().ToText() + "\n7\n");
        for (int round = 0; round < 20; round++)
        {
            RunLock?[] locks = new RunLock?[6];
            using Barrier together = new(locks.Length);
            Thread[] threads = [.. Enumerable.Range(0, locks.Length).Select(i => new Thread(() =>
            {
                together.SignalAndWait();
                try
                {
                    locks[i] = Take(folder, Here("here"));
                }
                catch (InputException)
                {
                }
            }))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Equal(1, locks.Count(held => held is not null));
            foreach (RunLock? held in locks)
                held?.Dispose();
            File.WriteAllText(folder.Path(RunLock.LeaseName), Ended().ToText() + "\n7\n");
        }
    }

    [Fact]
    public void Who_takes_a_lease_away_keeps_others_from_it_unless_it_has_ended()
    {
        using TemporaryFolder folder = new();
        string left = Ended().ToText() + "\n7\n", lease = folder.Path(RunLock.LeaseName), claim = lease + Lease.ClaimSuffix;
        File.WriteAllText(lease, left);
        File.WriteAllText(claim, Here("here").ToText() + "\n0\n");
        Assert.Throws<RunInUseException>(() => Take(folder, Here("here")));
        Assert.Equal(left, File.ReadAllText(lease));
        foreach (string text in (string[])[Ended().ToText() + "\n0\n", (Here("there") with { Process = 1 }).ToText() + "\n0\n", ""])
        {
            File.WriteAllText(lease, left);
            File.WriteAllText(claim, text);
            Take(folder, Here("here")).Dispose();
            Assert.False(File.Exists(claim));
        }
    }

    [Fact]
    public void A_lease_of_a_process_that_has_ended_is_taken_at_once_and_one_of_elsewhere_when_it_stands_still()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path(RunLock.LeaseName);
        File.WriteAllText(path, Ended().ToText() + "\n7\n");
        long start = Environment.TickCount64;
        new RunLock(folder.Root, Here("here"), new(TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)), systemLocks: false).Dispose();
        Assert.True(Environment.TickCount64 - start < 60_000);

        File.WriteAllText(path, (Here("there") with { Process = 1 }).ToText() + "\n7\n");
        start = Environment.TickCount64;
        Take(folder, Here("here")).Dispose();
        Assert.True(Environment.TickCount64 - start >= Short.Patience.TotalMilliseconds);
    }

    [Fact]
    public void Who_has_lost_its_lease_writes_no_more()
    {
        using TemporaryFolder folder = new();
        using RunLock held = Take(folder, Here("here"));
        held.EnsureHeld();
        string other = Here("there").ToText() + "\n1\n";
        File.WriteAllText(folder.Path(RunLock.LeaseName), other);
        Assert.Contains("another process has taken the run", Assert.Throws<InputException>(held.EnsureHeld).Message);
        held.Dispose();
        Assert.Equal(other, File.ReadAllText(folder.Path(RunLock.LeaseName)));
    }

    [Fact]
    public void A_lease_that_was_removed_and_not_taken_is_its_holders_again()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path(RunLock.LeaseName);
        using RunLock held = Take(folder, Here("here"));
        File.Delete(path);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(path) && new FileInfo(path).Length > 0, Short.Patience), "it was not taken again");
        held.EnsureHeld();
        Assert.Throws<RunInUseException>(() => Take(folder, Here("there")));
    }

    [Fact]
    public void Who_has_lost_its_lease_appends_no_line_and_writes_no_figure()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), lease = Path.Combine(path, RunLock.LeaseName);
        InputException error = Assert.Throws<InputException>(() => Plans.Run(path, Plans.Small(), default, now =>
        {
            if (now.Step != 3)
                return;
            File.WriteAllText(lease, Here("there").ToText() + "\n1\n");
            // Longer than a holder is still.
            Thread.Sleep(LeaseTimes.Usual.Beat + TimeSpan.FromSeconds(1));
        }));
        Assert.Contains("another process has taken the run", error.Message);
        Assert.Equal(4, File.ReadAllLines(Path.Combine(path, "log.jsonl")).Length);
        File.Delete(lease);
        using RunDirectory directory = RunDirectory.Open(path);
        directory.WriteFigure("<svg/>");
        File.WriteAllText(lease, Here("there").ToText() + "\n1\n");
        Assert.Throws<InputException>(() => directory.WriteFigure("<svg>other</svg>"));
        Assert.Equal("<svg/>", File.ReadAllText(directory.FigurePath));
        File.Delete(lease);
    }

    [Fact]
    public void A_lock_that_cannot_be_opened_is_not_one_that_another_process_has()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path(RunLock.FileName);
        using (Take())
            Assert.Contains("in use by another process", Assert.Throws<RunInUseException>(Take).Message);
        // What no file can be opened as.
        File.Delete(path);
        Directory.CreateDirectory(path);
        InputException error = Assert.Throws<InputException>(Take);
        Assert.StartsWith($"{path}: cannot be opened", error.Message);

        RunLock Take() => new(folder.Root);
    }

    [Fact]
    public void A_lease_names_no_machine_and_no_user()
    {
        string line = LeaseHolder.OfProcess().ToText();
        Assert.DoesNotContain(Environment.MachineName, line);
        Assert.DoesNotContain(" " + Environment.UserName, line);
        Assert.Equal(LeaseHolder.OfProcess() with { Token = "" }, LeaseHolder.Parse(line)! with { Token = "" });
    }

    [Theory]
    [InlineData("")]
    [InlineData("a-system")]
    public void A_holder_reads_back_as_it_was_written_known_system_or_not(string system)
    {
        LeaseHolder holder = Here(system);
        Assert.Equal(holder, LeaseHolder.Parse(holder.ToText()));
        Assert.Equal(4, holder.ToText().Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private static RunLock Take(TemporaryFolder folder, LeaseHolder holder) => new(folder.Root, holder, Short, systemLocks: false);

    /// <summary>This process on some machine.</summary>
    private static LeaseHolder Here(string machine) => LeaseHolder.OfProcess() with { System = machine };

    /// <summary>A process that bore this one's number before it.</summary>
    private static LeaseHolder Ended()
    {
        LeaseHolder holder = Here("here");
        return holder with { Started = holder.Started - 1 };
    }
}
