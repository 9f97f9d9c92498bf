using Hybrid.Cli.Shared;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class ProgressTests
{
    [Fact]
    public void A_terminal_sees_one_line_that_is_removed_at_the_end()
    {
        string error = Run(new Func<StringWriter, StringWriter, Terminal>((output, error) => new(output, error, false, true))).Error;
        Assert.Contains("\r\u001b[2K██████░░░░░░░░░░░░░░    1/3  ", error);
        Assert.EndsWith("\r\u001b[2K", error);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void Colour_is_used_only_where_the_terminal_has_it()
    {
        string plain = Run((output, error) => new(output, error, false, false)).Output;
        Assert.DoesNotContain('\u001b', plain);
    }

    private static (string Output, string Error) Run(Func<StringWriter, StringWriter, Terminal> terminal)
    {
        using StringWriter output = new(), error = new();
        Session session = new(terminal(output, error), new EngineCatalogue([FakeEngine.Entry()]), default);
        Assert.Equal(0, Cli.Run(["simulate", "pre-tanh-ordered", "--samples", "3", "--set", "depth=2", "--threads", "1"], session));
        return (output.ToString(), error.ToString());
    }
}
