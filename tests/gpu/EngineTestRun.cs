using System.Reflection;
using System.Text.Json.Nodes;
using Hybrid.Torch;
using Hybrid.Torch.Tests;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Hybrid.Gpu;

/// <summary>The engine's tests, one after the other in this process, without an SDK; failures on stderr as they come.</summary>
internal sealed class EngineTestRun : LongLivedMarshalByRefObject, IMessageSink
{
    private readonly ManualResetEventSlim finished = new();
    private readonly List<ITestCase> found = [];
    private readonly JsonArray failures = [];
    private int passed, failed, skipped;

    /// <summary>Runs the classes whose names are given, or all; 0 where none fails and some passes.</summary>
    public static int Run(string[] classes)
    {
        AssemblyName assembly = typeof(TorchEngineTests).Assembly.GetName();
        using XunitTestFramework framework = new(new NullMessageSink());
        EngineTestRun run = new();
        using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(Reflector.Wrap(typeof(TorchEngineTests).Assembly));
        discoverer.Find(includeSourceInformation: false, run, new TestOptions());
        run.finished.Wait();
        run.finished.Reset();
        using ITestFrameworkExecutor executor = framework.GetExecutor(assembly);
        executor.RunTests(run.found.Where(test => classes.Length == 0 || classes.Any(name => IsOf(test, name))), run, new TestOptions());
        run.finished.Wait();
        Console.Out.WriteLine(new JsonObject
        {
            ["libtorch"] = TorchRuntime.WhyMissing() ?? "loaded",
            ["device"] = Environment.GetEnvironmentVariable("HYBRID_TEST_DEVICE"),
            ["precision"] = Environment.GetEnvironmentVariable("HYBRID_TEST_PRECISION"),
            ["passed"] = run.passed,
            ["failed"] = run.failed,
            ["skipped"] = run.skipped,
            ["failures"] = run.failures,
        }.ToJsonString());
        return run.failed == 0 && run.passed > 0 ? 0 : 1;
    }

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestCaseDiscoveryMessage discovered:
                found.Add(discovered.TestCase);
                break;
            case ITestPassed:
                passed++;
                break;
            case ITestSkipped test:
                skipped++;
                Console.Error.WriteLine($"skipped {test.Test.DisplayName}: {test.Reason}");
                break;
            case ITestFailed test:
                Fail(test.Test.DisplayName, test);
                break;
            case ITestClassCleanupFailure or ITestAssemblyCleanupFailure or IErrorMessage:
                Fail(message.GetType().Name, (IFailureInformation)message);
                break;
            case IDiscoveryCompleteMessage or ITestAssemblyFinished:
                finished.Set();
                break;
        }

        return true;
    }

    private void Fail(string name, IFailureInformation failure)
    {
        failed++;
        string said = string.Join(" | ", failure.Messages.Select(text => text.Split('\n')[0].TrimEnd()));
        failures.Add((JsonNode)new JsonObject { ["test"] = name, ["said"] = said });
        Console.Error.WriteLine($"failed {name}: {string.Join('\n', failure.Messages)}\n{string.Join('\n', failure.StackTraces)}");
    }

    private static bool IsOf(ITestCase test, string name) =>
        test.TestMethod.TestClass.Class.Name.EndsWith("." + name, StringComparison.Ordinal);

    // One test at a time: what each takes of the device is its own.
    private sealed class TestOptions : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        private readonly Dictionary<string, object?> values = new() { ["xunit.execution.DisableParallelization"] = true };

        public TValue GetValue<TValue>(string name) => values.TryGetValue(name, out object? value) ? (TValue)value! : default!;

        public void SetValue<TValue>(string name, TValue value) => values[name] = value;
    }
}
