namespace Hybrid.Lab.Statistics;

/// <summary>One stratum of a comparison of two groups: how many of each there are and in how many the event happened.</summary>
internal readonly record struct TwoGroups(int FirstEvents, int First, int SecondEvents, int Second);
