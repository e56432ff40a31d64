using System.Collections;
using System.Management.Automation;

namespace PSIpc;

/// <summary>
/// What each item finds as the worker's initialization left it, whatever earlier items did to it: preference variables, default parameter values, <c>$Error</c> and
/// <c>$LASTEXITCODE</c>. All else in the global scope stays. Where nothing was changed, to see that costs a twentieth of a trivial item.
/// </summary>
internal sealed class SessionBaseline
{
    private const string Verbose = "VerbosePreference";
    private const string Debug = "DebugPreference";
    private const string Progress = "ProgressPreference";

    private static readonly string[] Names =
    [
        Verbose, Debug, Progress,
        "ErrorActionPreference", "WarningPreference", "InformationPreference", "ConfirmPreference", "WhatIfPreference",
        "PSNativeCommandUseErrorActionPreference", "PSNativeCommandArgumentPassing", "PSModuleAutoLoadingPreference",
        "PSDefaultParameterValues", "ErrorView", "FormatEnumerationLimit", "OutputEncoding", "LASTEXITCODE",
    ];

    private readonly PSVariable[] _variables;
    private readonly object?[] _values;
    private readonly ArrayList? _errors;
    private readonly IDictionary? _defaults;
    private readonly DictionaryEntry[] _defaultEntries;

    /// <summary>Notes what a session has.</summary>
    /// <param name="session">Its variables.</param>
    public SessionBaseline(PSVariableIntrinsics session)
    {
        if (session.Get("global:LASTEXITCODE") is null)
        {
            // Made before the first native command makes it, which then finds it.
            session.Set("global:LASTEXITCODE", null);
        }

        _variables = [.. Names.Select(n => session.Get("global:" + n)).OfType<PSVariable>()];
        _values = Array.ConvertAll(_variables, v => v.Name == "LASTEXITCODE" ? null : v.Value);
        _errors = session.GetValue("global:Error") as ArrayList;
        _defaults = session.GetValue("global:PSDefaultParameterValues") as IDictionary;
        _defaultEntries = [.. (_defaults ?? new Hashtable()).Cast<DictionaryEntry>()];
    }

    /// <summary>Sets what a call's caller wants to see.</summary>
    public void Set(StreamWishes wishes)
    {
        Set(Verbose, (wishes & StreamWishes.Verbose) != 0);
        Set(Debug, (wishes & StreamWishes.Debug) != 0);
        Set(Progress, (wishes & StreamWishes.NoProgress) == 0);
    }

    /// <summary>Brings the session back.</summary>
    public void Restore()
    {
        if (_errors is { Count: > 0 })
        {
            _errors.Clear();
        }

        for (int i = 0; i < _variables.Length; i++)
        {
            if (!ReferenceEquals(_variables[i].Value, _values[i]))
            {
                Set(i, _values[i]);
            }
        }

        if (_defaults is not null && (_defaults.Count != _defaultEntries.Length || (_defaultEntries.Length > 0 && HaveDefaultsChanged())))
        {
            _defaults.Clear();
            foreach (DictionaryEntry entry in _defaultEntries)
            {
                _defaults[entry.Key] = entry.Value;
            }
        }
    }

    private bool HaveDefaultsChanged() => _defaultEntries.Any(e => !_defaults!.Contains(e.Key) || !Equals(_defaults[e.Key], e.Value));

    private void Set(string preference, bool isOn)
    {
        int index = Array.FindIndex(_variables, v => v.Name == preference);
        if (index >= 0)
        {
            Set(index, isOn ? ActionPreference.Continue : ActionPreference.SilentlyContinue);
        }
    }

    private void Set(int index, object? value)
    {
        try
        {
            _variables[index].Value = value;
        }
        catch (SessionStateUnauthorizedAccessException)
        {
            // An item made it constant: so it stays.
        }

        _values[index] = _variables[index].Value; // What the variable made of it, so that the next look sees the same object.
    }
}
