using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Import.Tests;

public class ArchitectureOverridesTests
{
    [Fact]
    public void Every_kind_of_field_can_be_set()
    {
        Architecture changed = ArchitectureOverrides.Apply(
            ArchitectureModule.Defaults,
            ["mlp.inStd=2", "depth=2", "attention.branch=[1,0.5]", "activation=relu", "gated=true", "norm = post", "name=7"]);
        Assert.Equal(2.0, changed.Mlp.InStd);
        Assert.Equal(Schedule.NewPerLayer([1, 0.5]), changed.Attention.Branch);
        Assert.Equal(Activation.Relu, changed.Activation);
        Assert.True(changed.Gated);
        Assert.Equal(Placement.Post, changed.Norm);
        Assert.Equal("7", changed.Name);
    }

    [Fact]
    public void Fields_that_only_fit_together_may_be_set_one_after_the_other()
    {
        Architecture changed = ArchitectureOverrides.Apply(ArchitectureModule.Defaults, ["heads=7", "width=70"]);
        Assert.Equal((7, 70), (changed.Heads, changed.Width));
    }

    [Theory]
    [InlineData("mlp.inStd", "must be path=value")]
    [InlineData("=3", "must be path=value")]
    [InlineData("mlp.inSdt=2", "did you mean mlp.inStd?")]
    [InlineData("mlp=2", "'mlp' is not a field")]
    [InlineData("mlp.inStd=two", "mlp.inStd must be a finite number, got \"two\"")]
    [InlineData("mlp.inStd=NaN", "mlp.inStd must be a finite number, got \"NaN\"")]
    [InlineData("mlp.inStd=", "mlp.inStd must be a finite number, got \"\"")]
    [InlineData("width=12.5", "width must be an integer")]
    [InlineData(
        "norm=before",
        "norm must be one of none, pre, post, peri, output, prePost, "
        + "or an object of before, branch and sum, each true or false, got \"before\"")]
    public void A_bad_assignment_is_refused_with_the_path_and_what_is_legal(string assignment, string message)
    {
        InputException error = Assert.Throws<InputException>(
            () => ArchitectureOverrides.Apply(ArchitectureModule.Defaults, [assignment]));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_value_out_of_range_is_refused()
    {
        InvalidArchitectureException error = Assert.Throws<InvalidArchitectureException>(
            () => ArchitectureOverrides.Apply(ArchitectureModule.Defaults, ["heads=7"]));
        Assert.Contains("heads must be a divisor of width = 768, got 7", error.Message);
    }
}
