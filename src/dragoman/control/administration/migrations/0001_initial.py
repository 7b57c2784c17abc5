"""The first tables of this app."""

import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('applications', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('account', models.BigIntegerField(null=True)),
                ('who', models.CharField(max_length=200)),
                ('act', models.CharField(max_length=40)),
                ('kind', models.CharField(max_length=40)),
                ('ref', models.CharField(max_length=255)),
                ('name', models.CharField(max_length=255)),
                ('before', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('after', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('address', models.CharField(max_length=64)),
                ('request_id', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='LimitRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reply', models.CharField(choices=[('waiting', 'waiting for an operator'), ('granted', 'granted'), ('refused', 'refused')], default='waiting', max_length=16)),
                ('answer', models.TextField(blank=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('rate', models.CharField(blank=True, max_length=40)),
                ('quota', models.CharField(blank=True, max_length=40)),
                ('reason', models.TextField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='limit_requests', to='applications.application')),
            ],
            options={
                'ordering': ['asked_at', 'id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Switch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('catalog', models.CharField(max_length=100)),
                ('path', models.CharField(max_length=150)),
                ('reason', models.TextField(blank=True)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['catalog', 'path'],
                'constraints': [models.UniqueConstraint(fields=('catalog', 'path'), name='one_switch')],
            },
        ),
    ]
