using System.Collections;
using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// What a session sets for its default pool, and for stopping what runs: <c>$PSIpcPreference = @{ PoolWorkerCount = 4; PoolIdleTimeout = 60; StopGracePeriod = 30 }</c>.
/// Each may be left out.
/// </summary>
/// <param name="WorkerCount">The most workers; by default as many as there are processors, or this worker's share of them inside a worker.</param>
/// <param name="IdleTimeout">How long workers stay without work; by default five minutes.</param>
/// <param name="StopGracePeriod">How long what is stopped may take to end, with its finally and clean blocks, before its process is killed; null for the default.</param>
internal readonly record struct PoolPreference(int? WorkerCount, TimeSpan IdleTimeout, TimeSpan? StopGracePeriod)
{
    /// <summary>The grace period of what is stopped by Ctrl+C or by the pipeline after it: the next call at the prompt wants the worker.</summary>
    public static readonly TimeSpan PromptGracePeriod = TimeSpan.FromSeconds(1);

    /// <summary>The grace period of jobs, tasks and processes that are stopped, and of calls whose time is over.</summary>
    public static readonly TimeSpan DefaultGracePeriod = TimeSpan.FromSeconds(10);

    /// <summary>The name of the variable.</summary>
    public const string Variable = "PSIpcPreference";

    // What a wait handle takes; stands for one without an end, too.
    private static readonly TimeSpan MaxGracePeriod = TimeSpan.FromDays(24);

    private static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Reads the variable of the caller's session.</summary>
    /// <exception cref="ArgumentException">A value is no number, or no time.</exception>
    public static PoolPreference Of(PSCmdlet caller)
    {
        object? value = caller.SessionState.PSVariable.GetValue(Variable);
        object? count = Member(value, "PoolWorkerCount");
        object? idle = Member(value, "PoolIdleTimeout");
        object? grace = Member(value, "StopGracePeriod");
        return new PoolPreference(
            count is null ? null : Math.Clamp((int)LanguagePrimitives.ConvertTo(count, typeof(int), System.Globalization.CultureInfo.InvariantCulture), 1, NewProcessPoolCommand.MostWorkers),
            idle is null ? DefaultIdleTimeout : IpcTimeout.Parse(idle),
            grace is null ? null : IpcTimeout.Parse(grace) is { Ticks: >= 0 } time && time < MaxGracePeriod ? time : MaxGracePeriod);
    }

    private static object? Member(object? value, string name)
    {
        object? plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        return plain is IDictionary table ? table[name] : value is PSObject custom ? custom.Properties[name]?.Value : null;
    }
}
