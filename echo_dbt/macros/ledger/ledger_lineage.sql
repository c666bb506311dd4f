{#- What the ledger macros know about the graph. A node is a dict of `graph.nodes`. Views and seeds keep no state of
    their own, so they are looked through; only tables have an entry in the ledger.
    `echo_assets/planner/targets.py` follows the same rules; a test compares the two. -#}

{#- `schema/name`: the asset that a node is. -#}
{% macro ledger_asset(node) -%}
    {{ node.schema }}/{{ node.name }}
{%- endmacro %}

{#- What a node declares under `meta: {echo: ...}`. -#}
{% macro ledger_meta(node) %}
    {%- do return(node.config.get('meta', {}).get('echo', {})) -%}
{% endmacro %}

{#- 'day' or 'month' for a model that is rebuilt so, 'as_of' for one with snapshots, 'whole' for every other table. -#}
{% macro ledger_reach(node) %}
    {%- do return(ledger_meta(node).get('reach', 'whole')) -%}
{% endmacro %}

{#- Returns {sources, tables}: the staging sources a node reads through views alone, by name, and the nearest tables
    above it, by id. -#}
{% macro ledger_inputs(node) %}
    {%- set found = {'sources': [], 'tables': []} -%}
    {%- for parent_id in node.depends_on.nodes -%}
        {%- if parent_id.startswith('source.') -%}
            {%- set source = graph.sources[parent_id] -%}
            {%- if source.source_name == 'staging' -%}{%- do found.sources.append(source.name) -%}{%- endif -%}
        {%- elif parent_id.startswith('model.') -%}
            {%- set parent = graph.nodes[parent_id] -%}
            {%- if parent.config.materialized in ('table', 'incremental') -%}
                {%- do found.tables.append(parent_id) -%}
            {%- else -%}
                {%- set above = ledger_inputs(parent) -%}
                {%- do found.sources.extend(above.sources) -%}
                {%- do found.tables.extend(above.tables) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return({'sources': found.sources | unique | list, 'tables': found.tables | unique | list}) -%}
{% endmacro %}

{#- Returns {source: [gate]} for everything that makes a node dirty. A gate is a table between the two, {asset, reach}:
    the node has seen no more of the source than that table had.
    A model built by day, by month or as of days sees nothing of a whole table but keys. So the table's sources do not make
    it dirty; the table is only a gate for the sources that the two share, and, if its members have versions, a source itself. -#}
{% macro ledger_gates(node) %}
    {%- set inputs = ledger_inputs(node) -%}
    {%- set gates = {} -%}
    {%- for source in inputs.sources -%}{%- do gates.update({source: []}) -%}{%- endfor -%}
    {%- for table_id in inputs.tables -%}
        {%- set table = graph.nodes[table_id] -%}
        {%- set own = [{'asset': ledger_asset(table) | trim, 'reach': ledger_reach(table)}] -%}
        {%- set only_keys = ledger_reach(node) != 'whole' and ledger_reach(table) == 'whole' -%}
        {%- for source in ledger_gates(table) if not only_keys or source in inputs.sources -%}
            {%- do gates.update({source: gates.get(source, []) + own}) -%}
        {%- endfor -%}
        {%- if only_keys and ledger_meta(table).get('versions') -%}
            {%- do gates.update({ledger_asset(table) | trim: []}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(gates) -%}
{% endmacro %}
