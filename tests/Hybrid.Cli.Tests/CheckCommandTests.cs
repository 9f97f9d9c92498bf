using Hybrid.Cli;
using Hybrid.Harness.Engines;
using Hybrid.Tests.Fakes;
using Xunit;

namespace Hybrid.Tests;

public class CheckCommandTests
{
    [Fact]
    public void Draft2()
    {
        StringWriter output = new(), error = new();
        Session session = new(Terminal.Plain(output, error), new EngineCatalogue([FakeEngine.Entry()]), default);
        int code = Cli.Cli.Run(["check", "--figure", "/tmp/check.svg"], session);
        File.WriteAllText("/tmp/check.txt", output.ToString() + error + code);
        code = Cli.Cli.Run(["check", "--help"], session);
        File.AppendAllText("/tmp/check.txt", output.ToString() + error + code);
    }
}
