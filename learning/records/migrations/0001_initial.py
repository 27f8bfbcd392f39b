# The tables that hold every statement are cut into months on PostgreSQL; SQLite has them plain.

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class CreatePartitioned(migrations.CreateModel):
    """Create a table cut by position, with a part for whatever falls into no month."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = plain + " PARTITION BY RANGE (position)"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
        table = f"{app_label}_{self.name_lower}"
        schema_editor.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
                ('iri', models.TextField()),
                ('definition', models.TextField(default='{}')),
            ],
        ),
        migrations.CreateModel(
            name='Client',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('secret_sha256', models.BinaryField(max_length=32)),
                ('scopes', models.JSONField(default=list)),
                ('authority', models.TextField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.SmallIntegerField(choices=[(1, 'State'), (2, 'Agent Profile'), (3, 'Activity Profile')])),
                ('owner', models.UUIDField()),
                ('name', models.TextField()),
                ('agent', models.UUIDField(db_index=True, null=True)),
                ('activity', models.UUIDField(null=True)),
                ('registration', models.UUIDField(null=True)),
                ('content', models.BinaryField()),
                ('content_type', models.CharField(max_length=255)),
                ('etag', models.CharField(max_length=40)),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='document_once')],
            },
        ),
        migrations.CreateModel(
            name='Launch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('secret_sha256', models.BinaryField(max_length=32)),
                ('actor', models.JSONField()),
                ('activity', models.TextField()),
                ('prefixes', models.JSONField(default=list)),
                ('registration', models.UUIDField(null=True)),
                ('rules', models.CharField(blank=True, max_length=50)),
                ('reference', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='launches', to='records.client')),
            ],
        ),
        migrations.CreateModel(
            name='OutboxEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(unique=True)),
                ('person_key', models.CharField(blank=True, max_length=64)),
                ('statement', models.JSONField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting to be delivered'), ('failed', 'Not delivered'), ('delivered', 'Delivered')], default='waiting', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('delivered_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('pk',),
                'indexes': [models.Index(models.F('due_at'), condition=models.Q(('state', 'delivered'), _negated=True), name='outbox_waiting')],
            },
        ),
        CreatePartitioned(
            name='Statement',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('uuid', models.UUIDField()),
                ('verb', models.UUIDField()),
                ('registration', models.UUIDField(null=True)),
                ('is_voiding', models.BooleanField(default=False)),
                ('is_voided', models.BooleanField(default=False)),
                ('received', models.TextField()),
                ('added', models.TextField()),
                ('client', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.client')),
            ],
        ),
        migrations.CreateModel(
            name='Reference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target_uuid', models.UUIDField(db_index=True)),
                ('is_voiding', models.BooleanField(default=False)),
                ('source', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='references', to='records.statement')),
                ('target', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='referrers', to='records.statement')),
            ],
        ),
        CreatePartitioned(
            name='Mention',
            fields=[
                ('pk', models.CompositePrimaryKey('key', 'statement', blank=True, editable=False, primary_key=True, serialize=False)),
                ('key', models.UUIDField()),
                ('is_direct', models.BooleanField()),
                ('statement', models.ForeignKey(db_column='position', db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='records.statement')),
            ],
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('pk', models.CompositePrimaryKey('sha2', 'statement', blank=True, editable=False, primary_key=True, serialize=False)),
                ('sha2', models.CharField(max_length=128)),
                ('statement', models.ForeignKey(db_column='position', db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='records.statement')),
            ],
        ),
        migrations.CreateModel(
            name='StatementId',
            fields=[
                ('uuid', models.UUIDField(primary_key=True, serialize=False)),
                ('statement', models.OneToOneField(db_column='position', db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='known_id', to='records.statement')),
            ],
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(models.F('verb'), models.F('position'), name='statement_verb'),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(models.F('registration'), models.F('position'), condition=models.Q(('registration__isnull', False)), name='statement_registration'),
        ),
        migrations.AddConstraint(
            model_name='reference',
            constraint=models.UniqueConstraint(fields=('source', 'target_uuid'), name='reference_once'),
        ),
        migrations.AddIndex(
            model_name='mention',
            index=models.Index(models.F('key'), models.F('statement'), condition=models.Q(('is_direct', True)), name='mention_direct'),
        ),
    ]
