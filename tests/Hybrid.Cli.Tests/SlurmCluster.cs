using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace Hybrid.Cli.Tests;

/// <summary>
/// A cluster of Slurm with one node of two cores, for one test: munged, slurmctld and slurmd on the loopback alone, with a key,
/// sockets and folders of their own. Whatever it started, and nothing else, is ended with it.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class SlurmCluster : IDisposable
{
    private const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    // munged trusts no key below a folder that others may write to, such as /tmp.
    private readonly string _root = $"/run/hybrid-slurm-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly string _node = Environment.MachineName.Split('.')[0];
    private readonly List<Process> _daemons = [];
    private Process? _slurmd;

    public SlurmCluster()
    {
        foreach (string folder in (string[])["", "munge", "state", "spool"])
            Directory.CreateDirectory(Path.Combine(_root, folder), Open);
        try
        {
            Start();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its configuration, for SLURM_CONF.</summary>
    public string Configuration => Path.Combine(_root, "slurm.conf");

    /// <summary>Runs a command of Slurm, or hybrid, on the cluster; its output.</summary>
    public (int Code, string Output, string Error) Run(params string[] words)
    {
        using Process process = Begin(words);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Jobs as "17_3 RUNNING", one for each task that is not over.</summary>
    public string[] Jobs() =>
        Run("squeue", "--noheader", "--array", "--format=%i %T").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Puts a running task back in line, and at its head. False if it has just ended.</summary>
    public bool Requeue(string job)
    {
        if (Run("scontrol", "requeue", job).Code != 0)
            return false;
        Wait(() => !Jobs().Contains($"{job} RUNNING") && !Jobs().Contains($"{job} COMPLETING"), "a requeued task to stop");
        Release();
        return true;
    }

    /// <summary>The node goes down with all that runs on it, comes again, and its tasks are put in line again.</summary>
    public void RestartNode()
    {
        // slurmd and the parents of tasks first: nobody is left to report how the tasks ended.
        KillAll(process => !_daemons.Any(daemon => daemon != _slurmd && daemon.Id == process) && !Title(process).Contains("slurmscriptd"));
        _slurmd!.WaitForExit();
        _daemons.Remove(_slurmd);
        Assert(Run("scontrol", "update", $"NodeName={_node}", "State=DOWN", "Reason=lost"));
        StartNode();

        // The node is in service again as soon as it is heard of.
        Wait(() => State().Contains("idle") || State().Contains("mix") || State().Contains("alloc"), "the node to be in service");
        Release();
    }

    /// <summary>Waits until something is so.</summary>
    public void Wait(Func<bool> condition, string what, int seconds = 60)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); !condition(); Thread.Sleep(250))
            Xunit.Assert.True(watch.Elapsed.TotalSeconds < seconds, $"waited {seconds} s for {what}\n{Logs()}");
    }

    public void Dispose()
    {
        // In their own way first: they wait for their own children then.
        foreach (Process daemon in _daemons)
            CommandProcess.Send(daemon.Id, "-TERM");
        for (Stopwatch watch = Stopwatch.StartNew(); _daemons.Any(daemon => !daemon.HasExited) && watch.Elapsed.TotalSeconds < 3;)
            Thread.Sleep(50);
        KillAll(_ => true);
        foreach (Process daemon in _daemons)
        {
            daemon.WaitForExit();
            daemon.Dispose();
        }

        Directory.Delete(_root, recursive: true);
    }

    /// <summary>
    /// Pending tasks whose time has not come begin now, where Slurm would wait for two minutes. Its node counts in whole seconds and
    /// refuses what begins in the one in which the task was ended, so that the task is lost: two seconds later none can be.
    /// </summary>
    public void Release()
    {
        string[] pending = [.. Jobs().Where(job => job.EndsWith(" PENDING", StringComparison.Ordinal)).Select(job => job.Split(' ')[0])];
        if (pending.Length > 0)
            Thread.Sleep(2000);
        foreach (string job in pending)
            Run("scontrol", "update", $"JobId={job}", "StartTime=now");
    }

    private void Start()
    {
        string key = Path.Combine(_root, "munge/key"), socket = Path.Combine(_root, "munge/socket");
        File.WriteAllBytes(key, RandomNumberGenerator.GetBytes(1024));
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        (int controller, int daemon) = (FreePort(), FreePort());
        File.WriteAllText(
            Configuration,
            $"""
            ClusterName=hybrid
            SlurmctldHost={_node}(127.0.0.1)
            SlurmctldPort={controller}
            SlurmdPort={daemon}
            SlurmUser=root
            SlurmdUser=root
            AuthType=auth/munge
            AuthInfo=socket={socket}
            CredType=cred/munge
            CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
            StateSaveLocation={_root}/state
            SlurmdSpoolDir={_root}/spool
            SlurmctldPidFile={_root}/slurmctld.pid
            SlurmdPidFile={_root}/slurmd.pid
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            JobAcctGatherType=jobacct_gather/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            SlurmdParameters=config_overrides
            SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
            MpiDefault=none
            ReturnToService=2
            KillWait=10
            NodeName={_node} NodeAddr=127.0.0.1 CPUs=2 RealMemory=8192 State=UNKNOWN
            PartitionName=test Nodes={_node} Default=YES MaxTime=INFINITE State=UP

            """);
        Daemon("munged", "--foreground", $"--key-file={key}", $"--socket={socket}", $"--pid-file={_root}/munge/pid",
            $"--log-file={_root}/munge/log", $"--seed-file={_root}/munge/seed", "--num-threads=2");
        Wait(() => File.Exists(socket), "munged");
        Daemon("slurmctld", "-D", "-f", Configuration);
        StartNode();
        Wait(() => State().Contains("idle"), "the cluster");
    }

    private void StartNode() => _slurmd = Daemon("slurmd", "-D", "-f", Configuration);

    private string State() => Run("sinfo", "--noheader", "--format=%T").Output;

    private Process Daemon(string program, params string[] arguments)
    {
        string log = Path.Combine(_root, $"{program}.log");
        Process process = Begin(["sh", "-c", $"exec {SlurmFactAttribute.Find(program)} \"$@\" >>{log} 2>&1", program, .. arguments]);
        _daemons.Add(process);
        return process;
    }

    private Process Begin(params ReadOnlySpan<string> words)
    {
        ProcessStartInfo start = new(words[0], words[1..].ToArray()) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SLURM_CONF"] = Configuration;
        return Process.Start(start)!;
    }

    /// <summary>What it started, directly or not: all of it inherits the place of its configuration.</summary>
    private List<int> Ours()
    {
        byte[] mark = Encoding.UTF8.GetBytes($"SLURM_CONF={Configuration}\0");
        List<int> found = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out int process) || process == Environment.ProcessId)
                continue;
            try
            {
                if (File.ReadAllBytes(Path.Combine(folder, "environ")).AsSpan().IndexOf(mark) >= 0)
                    found.Add(process);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It has ended.
            }
        }

        return found;
    }

    /// <summary>Kills what it started, as long as there is any: a process may be started while others are killed.</summary>
    private void KillAll(Predicate<int> which)
    {
        for (int[] left = Left(); left.Length > 0; left = Left())
        {
            foreach (int process in left.OrderBy(process => Title(process).Contains("slurm") ? 0 : 1))
                Kill(process);
            Thread.Sleep(20);
        }

        int[] Left() => [.. Ours().Where(process => which(process))];
    }

    private static string Title(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void Kill(int process)
    {
        try
        {
            Process.GetProcessById(process).Kill();
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            // It has ended.
        }
    }

    private static void Assert((int Code, string Output, string Error) result) =>
        Xunit.Assert.True(result.Code == 0, result.Output + result.Error);

    private string Logs() => string.Concat(Directory.GetFiles(_root, "*.log")
        .Select(log => $"{log}\n{string.Join('\n', File.ReadLines(log).TakeLast(20))}\n"));

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
